import GraftBase
import GraftData
import GraftImaging

/// Masks of images and overlays in a folder: `NAME.png` and `NAME-overlay.png`.
struct MaskOutput: Sendable {
  let folder: String
  let classCount: Int

  /// Makes the folder; refuses images of one name, and to replace inputs, data, or files that Graft did not
  /// write.
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
    let paths = owners.keys.sorted().map { place.path + "/" + $0 }
    try place.spare(paths)
    try Self.spareStrangers(among: paths, in: folder)
    _ = try place.prepared()
  }

  private static func spareStrangers(among paths: [String], in folder: String) throws {
    let strangers = paths.filter { FilePath.isFolder($0) != nil && !ImageFile.isOwnPNG($0) }
    guard let first = strangers.first else { return }
    let more = strangers.count > 1 ? " and \(strangers.count - 1) more" : ""
    throw GraftError(
      .usage,
      "masks would replace \(first.lastPathComponent.escapingControlCharacters)\(more) in "
        + "\(folder.escapingControlCharacters), which Graft did not write",
      help: "write to another folder, or move what is there away")
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
