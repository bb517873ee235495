/// The image formats that Graft reads, by the names people know them under.
///
/// The one list of them: all code that identifies image files, by suffix or by content, uses it. A
/// new format is one `ImageDecoder` and one case.
package enum ReadableKind: String, Sendable, CaseIterable {
  case jpeg = "JPEG"
  case png = "PNG"
  case webp = "WebP"
  case tiff = "TIFF"
  case gif = "GIF"
  case bmp = "BMP"
  /// AVIF and HEIC.
  case heif = "HEIF"

  /// Those that this build reads.
  package static let allCases: [ReadableKind] =
    [.jpeg, .png, .webp, .tiff, .gif, .bmp] + (HEIFDecoder.isBuiltIn ? [.heif] : [])

  /// What the names of its files end with, in lower case.
  package var suffixes: [String] {
    switch self {
    case .jpeg: ["jpg", "jpeg", "jpe", "jfif"]
    case .png: ["png"]
    case .webp: ["webp"]
    case .tiff: ["tif", "tiff"]
    case .gif: ["gif"]
    case .bmp: ["bmp"]
    case .heif: ["avif", "heic", "heif", "hif"]
    }
  }

  var decoder: any ImageDecoder.Type {
    switch self {
    case .jpeg: JPEGDecoder.self
    case .png: PNGDecoder.self
    case .webp: WebPDecoder.self
    case .tiff: TIFFDecoder.self
    case .gif: GIFDecoder.self
    case .bmp: BMPDecoder.self
    case .heif: HEIFDecoder.self
    }
  }

  /// The format whose files start like this one.
  init?(of file: [UInt8]) {
    guard let kind = Self.allCases.first(where: { $0.decoder.recognizes(file) }) else { return nil }
    self = kind
  }

  /// The suffixes of all formats.
  package static let suffixes = Set(allCases.flatMap(\.suffixes))

  /// All formats in a sentence: `JPEG, PNG, … and BMP`.
  package static let list: String = {
    let names = allCases.map(\.rawValue)
    return names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }()

  /// Why a file of this suffix is passed over, for people.
  package static func reasonToIgnore(suffix: String) -> String {
    heif.suffixes.contains(suffix) && !HEIFDecoder.isBuiltIn
      ? "AVIF or HEIC, which builds by `\(HEIFDecoder.howToBuild)` read" : "not an image file"
  }

  /// Whether a file that was passed over for this reason can be read by another build.
  package static func isLeftToAnotherBuild(_ reason: String) -> Bool {
    reason.contains(HEIFDecoder.howToBuild)
  }

  /// Whether files of this suffix may be 16-bit gray.
  package static func hasDeepGray(_ suffix: String) -> Bool {
    [ReadableKind.png, .tiff].contains { $0.suffixes.contains(suffix) }
  }

  /// Whether a file of this name is an image by its suffix.
  package static func hasSuffix(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return suffixes.contains(name[name.index(after: dot)...].lowercased())
  }
}
