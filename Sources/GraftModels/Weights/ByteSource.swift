import GraftBase

/// A file that is read in pieces, or bytes in memory that stand for one.
package struct ByteSource {
  /// What messages call it, safe to print.
  package let name: String
  package let size: Int
  private let bytes: (_ offset: Int, _ count: Int) throws -> [UInt8]

  package init(_ file: RegularFile) {
    name = file.name
    size = file.size
    bytes = file.read
  }

  package init(bytes: [UInt8], name: String = "bytes") {
    self.name = name.escapingControlCharacters
    size = bytes.count
    self.bytes = { Array(bytes[$0..<$0 + $1]) }
  }

  /// The bytes at `offset`; nil where the range is not inside the file.
  package func read(at offset: Int, count: Int) throws -> [UInt8]? {
    let (end, overflows) = offset.addingReportingOverflow(count)
    guard offset >= 0, count >= 0, !overflows, end <= size else { return nil }
    return try bytes(offset, count)
  }

  /// The first bytes, at most `count`.
  package func start(_ count: Int) throws -> [UInt8] { try bytes(0, min(count, size)) }
}

extension [UInt8] {
  /// The whole number of so many bytes at `place`, lowest byte first; it must lie inside.
  func littleEndian(at place: Int, bytes count: Int) -> UInt64 {
    self[place..<place + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
