import Foundation
import GraftBase
import GraftImaging
import Testing

/// The files that `codecs_and_resize.py` and `formats.py` made with Pillow.
enum ImagingFixtures {
  /// The pixels Pillow got: size and SHA-256 of height x width x channels bytes.
  struct Oracle: Codable, Sendable {
    var width: Int
    var height: Int
    var channels: Int
    var sha256: String
  }

  struct CodecOracles: Codable {
    var files: [String: Oracle]
    var jpegEncodings: [String: String]
    var luma: Oracle
  }

  static func url(_ name: String) -> URL {
    Bundle.module.bundleURL.appendingPathComponent("Fixtures").appendingPathComponent(name)
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: url("Codecs/\(name)")))
  }

  static func codecOracles() throws -> CodecOracles {
    try JSONDecoder().decode(CodecOracles.self, from: Data(contentsOf: url("codecs.json")))
  }

  /// What `formats.py` says of the files in `Formats`; `indices` with the numbers of colors kept.
  struct FormatOracles: Codable, Sendable {
    var files: [String: Oracle]
    var indices: [String: Oracle]
  }

  static func formatBytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: url("Formats/\(name)")))
  }

  static func formatOracles() throws -> FormatOracles {
    try JSONDecoder().decode(FormatOracles.self, from: Data(contentsOf: url("formats.json")))
  }

  static func photo(gray: Bool = false) throws -> Image {
    try ImageCodec.decode(bytes("photo.png"), name: "photo.png").converted(toChannels: gray ? 1 : 3)
  }
}

extension Image {
  /// The SHA-256 of the pixels alone.
  var pixelHash: String { ContentHash.of(pixels).hex }
}

/// Fails unless the image has the size and the very bytes that Pillow got.
func expectEqual(
  _ image: Image, _ oracle: ImagingFixtures.Oracle, _ name: String,
  location: SourceLocation = #_sourceLocation
) {
  #expect(
    image.size == ImageSize(width: oracle.width, height: oracle.height), "\(name)",
    sourceLocation: location)
  #expect(image.channels == oracle.channels, "\(name)", sourceLocation: location)
  #expect(image.pixelHash == oracle.sha256, "\(name)", sourceLocation: location)
}
