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

  /// What the names of its files end with, in lower case.
  package var suffixes: [String] {
    switch self {
    case .jpeg: ["jpg", "jpeg", "jpe", "jfif"]
    case .png: ["png"]
    case .webp: ["webp"]
    case .tiff: ["tif", "tiff"]
    case .gif: ["gif"]
    case .bmp: ["bmp"]
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

  /// Whether a file of this name is an image by its suffix.
  package static func hasSuffix(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return suffixes.contains(name[name.index(after: dot)...].lowercased())
  }
}
