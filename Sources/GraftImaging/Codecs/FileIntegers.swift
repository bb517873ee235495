/// Reads integers out of a file's bytes; nil where the file ends before them.
struct FileIntegers {
  let bytes: [UInt8]
  var isLittleEndian = true

  /// The unsigned integer of `count` bytes, at most 8, at an offset; nil when it exceeds `Int` too.
  func unsigned(at offset: Int, bytes count: Int) -> Int? {
    guard offset >= 0, count <= bytes.count, offset <= bytes.count - count else { return nil }
    var value: UInt64 = 0
    for index in 0..<count {
      let place = isLittleEndian ? count - 1 - index : index
      value = value << 8 | UInt64(bytes[offset + place])
    }
    return Int(exactly: value)
  }
}
