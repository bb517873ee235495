/// Files of 16-bit gray, which no encoder of Graft writes.
package enum DeepGrayFile {
  /// A TIFF without compression, rows from the top.
  package static func tiff(width: Int, height: Int, _ samples: [UInt16]) -> [UInt8] {
    precondition(samples.count == width * height)
    func bytes(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let short = 3
    let long = 4
    let entries: [(tag: Int, kind: Int, value: Int)] = [
      (256, long, width), (257, long, height), (258, short, 16), (259, short, 1), (262, short, 1),
      (273, long, 8 + 2 + 9 * 12 + 4), (277, short, 1), (278, long, height),
      (279, long, 2 * samples.count),
    ]
    var file: [UInt8] = [0x49, 0x49, 42, 0] + bytes(8, 4) + bytes(entries.count, 2)
    for entry in entries {
      file += bytes(entry.tag, 2) + bytes(entry.kind, 2) + bytes(1, 4) + bytes(entry.value, 4)
    }
    return file + bytes(0, 4) + samples.flatMap { bytes(Int($0), 2) }
  }
}
