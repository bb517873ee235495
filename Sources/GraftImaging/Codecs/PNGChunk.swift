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

  /// The image data of a file that `PNGEncoder` made: what is in each chunk of them.
  static func data(of file: [UInt8]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var offset = 8
    while offset + 12 <= file.count {
      let count = file[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      let end = offset + 8 + count
      guard end + 4 <= file.count else { break }
      if file[offset + 4..<offset + 8].elementsEqual("IDAT".utf8) {
        result.append(Array(file[offset + 8..<end]))
      }
      offset = end + 4
    }
    return result
  }

  static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(value >> $0 & 255) }
  }
}
