import GraftBase
import GraftData
import GraftImaging

/// Masks of images and overlays in a folder: `NAME.png` and `NAME-overlay.png`.
struct MaskOutput: Sendable {
  let folder: String
  let classCount: Int

  /// Makes the folder; refuses images of one name, and files that are inputs or data.
  init(_ place: OutputPlace, of images: [InputImage], classCount: Int) throws {
    self.classCount = classCount
    folder = place.path
    var owners: [String: InputImage] = [:]
    for image in images {
      for name in Self.names(image) {
        guard let other = owners.updateValue(image, forKey: name), other.path != image.path else {
          continue
        }
        throw GraftError(
          .usage,
          "\(other.shown.escapingControlCharacters) and "
            + "\(image.shown.escapingControlCharacters) would both be written to \(name)",
          help: "predict them into different folders")
      }
    }
    try place.spare(owners.keys.sorted().map { place.path + "/" + $0 })
    _ = try place.prepared()
  }

  private static func names(_ image: InputImage) -> [String] {
    ["\(image.stem).png", "\(image.stem)-overlay.png"]
  }

  func write(_ mask: Image, of image: Image, _ input: InputImage) throws {
    let names = Self.names(input).map { folder + "/" + $0 }
    try ImageFile.writePNG(mask.asMaskFile(classCount: classCount), to: names[0])
    let marks = ContactSheet.Marks(Annotation(mask: mask))
    try ImageFile.writePNG(ContactSheet.masked(image, marks), to: names[1])
  }
}
