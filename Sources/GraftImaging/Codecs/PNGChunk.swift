import GraftBase

/// A chunk of a PNG file: length, type, data and check (PNG specification, third edition, section 5.3).
struct PNGChunk {
  /// Where further chunks may follow the signature and the header.
  static let placeAfterHeader = 33

  /// `Software: Graft`, which files have that `ImageFile.writePNG` wrote.
  static let software = PNGChunk("tEXt", Array("Software\0Graft".utf8))

  private let type: String
  private let data: [UInt8]

  init(_ type: String, _ data: [UInt8]) {
    self.type = type
    self.data = data
  }

  var bytes: [UInt8] {
    let body = Array(type.utf8) + data
    return Self.bigEndian(UInt32(data.count)) + body + Self.bigEndian(CRC32.of(body))
  }

  static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(value >> $0 & 255) }
  }
}
