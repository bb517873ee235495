import CPNG
import GraftBase

/// The ICC color profile of an image file: what its numbers mean as colors.
///
/// Pixels are never converted by it. Whoever writes edited pixels of a file passes its profile on, so
/// that they look as before.
package struct ColorProfile: Sendable, Equatable {
  /// The profile as the ICC specifies it.
  package let bytes: [UInt8]
  /// 3 for RGB, 1 for gray; images of other channels cannot have it.
  package let channels: Int

  private static let lengths = 132...4 << 20

  /// The profile in a JPEG or PNG; nil where there is none, or none that fits RGB or gray.
  package init?(of file: [UInt8]) {
    let found =
      switch ReadableKind(of: file) {
      case .jpeg: Self.jpegProfile(file)
      case .png: Self.pngProfile(file)
      default: [UInt8]()
      }
    self.init(bytes: found)
  }

  /// Checks what every profile starts with.
  init?(bytes: [UInt8]) {
    guard Self.lengths.contains(bytes.count),
      bytes[0..<4].reduce(0, { $0 << 8 | Int($1) }) == bytes.count,
      bytes[36..<40].elementsEqual("acsp".utf8)
    else { return nil }
    switch String(decoding: bytes[16..<20], as: UTF8.self) {
    case "RGB ": channels = 3
    case "GRAY": channels = 1
    default: return nil
    }
    self.bytes = bytes
  }

  // MARK: Reading

  private static let jpegName = Array("ICC_PROFILE\0".utf8)

  /// The parts in the APP2 segments before the first scan, joined in their order.
  private static func jpegProfile(_ file: [UInt8]) -> [UInt8] {
    var parts: [Int: ArraySlice<UInt8>] = [:]
    var count = 0
    var offset = 2
    while offset + 4 <= file.count, file[offset] == 0xFF, file[offset + 1] != 0xDA {
      let length = Int(file[offset + 2]) << 8 | Int(file[offset + 3])
      guard length >= 2, offset + 2 + length <= file.count else { return [] }
      let segment = file[(offset + 4)..<(offset + 2 + length)]
      if file[offset + 1] == 0xE2, segment.starts(with: jpegName), segment.count > 14 {
        let place = segment.startIndex + jpegName.count
        count = Int(segment[place + 1])
        parts[Int(segment[place])] = segment[(place + 2)...]
      }
      offset += 2 + length
    }
    guard count > 0, (1...count).allSatisfy({ parts[$0] != nil }) else { return [] }
    return (1...count).flatMap { parts[$0] ?? [] }
  }

  private static func pngProfile(_ file: [UInt8]) -> [UInt8] {
    let capacity = lengths.upperBound
    return [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = graft_png_profile(file, file.count, buffer.baseAddress, capacity)
    }
  }

  // MARK: Writing

  /// A PNG or JPEG as Graft writes it, with the profile in it.
  package func inserted(into file: [UInt8]) -> [UInt8] {
    switch ReadableKind(of: file) {
    case .png: file.inserting(pngChunk, at: PNGChunk.placeAfterHeader)
    case .jpeg: file.inserting(jpegSegments, at: Self.endOfJFIF(file))
    default: file
    }
  }

  private static func endOfJFIF(_ file: [UInt8]) -> Int {
    guard file.count > 6, file[2] == 0xFF, file[3] == 0xE0 else { return 2 }
    return min(4 + (Int(file[4]) << 8 | Int(file[5])), file.count)
  }

  private var jpegSegments: [UInt8] {
    let length = 65_519
    let count = (bytes.count + length - 1) / length
    return (0..<count).flatMap { part -> [UInt8] in
      let data = bytes[(part * length)..<min((part + 1) * length, bytes.count)]
      let size = data.count + 16
      return [0xFF, 0xE2, UInt8(size >> 8), UInt8(size & 255)] + Self.jpegName
        + [UInt8(part + 1), UInt8(count)] + data
    }
  }

  /// `iCCP` with the profile in stored blocks: its length does not matter beside the pixels'.
  private var pngChunk: [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    let length = 65_535
    for start in stride(from: 0, to: bytes.count, by: length) {
      let block = bytes[start..<min(start + length, bytes.count)]
      let size = UInt16(block.count)
      stream.append(start + length >= bytes.count ? 1 : 0)
      stream += [UInt8(size & 255), UInt8(size >> 8), UInt8(~size & 255), UInt8(~size >> 8)]
      stream += block
    }
    stream += PNGChunk.bigEndian(adler)
    return PNGChunk("iCCP", Array("icc\0\0".utf8) + stream).bytes
  }

  /// zlib's check of the profile.
  private var adler: UInt32 {
    var (low, high): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
    return high << 16 | low
  }

}

extension [UInt8] {
  fileprivate func inserting(_ bytes: [UInt8], at place: Int) -> [UInt8] {
    Array(self[..<place]) + bytes + self[place...]
  }
}
