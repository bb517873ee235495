/// The cyclic redundancy check of zip and PNG (ISO 3309, polynomial EDB88320 reflected).
package enum CRC32 {
  /// Eight tables of 256: `tables[256 * k + b]` is what byte b does k places ahead.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
      tables[byte] = value
    }
    for index in 256..<8 * 256 {
      let before = tables[index - 256]
      tables[index] = before >> 8 ^ tables[Int(before & 0xFF)]
    }
    return tables
  }()

  package static func of(_ bytes: [UInt8]) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      bytes.withUnsafeBytes { bytes in
        var value = ~UInt32(0)
        var place = 0
        while place + 8 <= bytes.count {
          let low = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self).littleEndian ^ value
          let high = bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self).littleEndian
          value = 0
          for lane in 0..<4 {
            let shift = UInt32(8 * lane)
            value ^= tables[256 * (7 - lane) + Int(low >> shift & 0xFF)]
            value ^= tables[256 * (3 - lane) + Int(high >> shift & 0xFF)]
          }
          place += 8
        }
        while place < bytes.count {
          value = value >> 8 ^ tables[Int((value ^ UInt32(bytes[place])) & 0xFF)]
          place += 1
        }
        return ~value
      }
    }
  }
}
