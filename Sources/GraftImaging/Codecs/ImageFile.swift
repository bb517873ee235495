import GraftBase

/// Image files on disk: size and kind are checked before a byte is read.
package enum ImageFile {
  /// The image at `path`; see `ImageCodec.decode`.
  package static func read(
    _ path: String, limits: ImageLimits = .standard, orientationApplied: Bool = true,
    keepsGray: Bool = false, grayRange: ClosedRange<Int>? = nil
  ) throws -> Image {
    try ImageCodec.decode(
      readBytes(path, limits: limits), name: path, limits: limits,
      orientationApplied: orientationApplied, keepsGray: keepsGray, grayRange: grayRange)
  }

  /// The image in RGB in the file whose path is these bytes, which need not be valid text.
  package static func read(
    _ path: [UInt8], name: String, grayRange: ClosedRange<Int>? = nil
  ) throws -> Image {
    let file = try RegularFile(pathBytes: path, name: name)
    return try ImageCodec.decode(
      readBytes(file, limits: .standard), name: name, grayRange: grayRange)
  }

  /// The bytes of the regular file at `path`, at most `limits.maximumFileBytes` of them.
  package static func readBytes(_ path: String, limits: ImageLimits = .standard) throws -> [UInt8] {
    try readBytes(RegularFile(path: path), limits: limits)
  }

  private static func readBytes(_ file: RegularFile, limits: ImageLimits) throws -> [UInt8] {
    guard file.size <= limits.maximumFileBytes else {
      throw GraftError(
        .input,
        "\(file.name) has \(file.size >> 20) MiB, more than the \(limits.maximumFileBytes >> 20) MiB"
          + " that Graft reads as an image", help: "scale the image down")
    }
    return try file.read(at: 0, count: file.size)
  }

  /// Writes the image as PNG that names Graft as its software; the file appears whole or not at all.
  package static func writePNG(_ image: Image, to path: String) throws {
    let bytes = try PNGEncoder.encode(image)
    let header = PNGChunk.placeAfterHeader
    try AtomicFile.write(
      [bytes[..<header], PNGChunk.software.bytes[...], bytes[header...]], to: path)
  }

  /// Writes an animation; the file appears whole or not at all.
  package static func write(
    _ animation: Animation, as format: Animation.Format, to path: String
  ) throws {
    try AtomicFile.write([animation.encoded(as: format)[...]], to: path)
  }

  /// Whether `writePNG` wrote the file, which can then be written anew without a loss.
  package static func isOwnPNG(_ path: String) -> Bool {
    let mark = PNGChunk.software.bytes
    guard let file = try? RegularFile(path: path),
      file.size > PNGChunk.placeAfterHeader + mark.count
    else { return false }
    return (try? file.read(at: PNGChunk.placeAfterHeader, count: mark.count)) == mark
  }
}
