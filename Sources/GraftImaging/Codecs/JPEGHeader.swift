import Glibc

/// What a JPEG says about itself, read marker by marker before the decoder is let near it.
///
/// Refuses by name what Graft does not decode: arithmetic and lossless coding, 12-bit samples, a
/// height that comes after the image (DNL).
struct JPEGHeader {
  private(set) var size = ImageSize(width: 0, height: 0)
  /// 1 gray, 3 color, 4 CMYK or YCCK.
  private(set) var components = 0
  private(set) var isProgressive = false
  /// Coefficients of all components for each pixel; 1.5 for color at 4:2:0.
  private(set) var coefficientsPerPixel = 0.0
  private(set) var orientation = Orientation.upright
  private(set) var scanCount = 0

  /// Reads up to the first scan, or, when `readsScans` is true, up to the end-of-image marker.
  init(_ bytes: [UInt8], readsScans: Bool) throws(ImageFault) {
    var offset = 2
    while true {
      let marker = try Self.nextMarker(in: bytes, &offset)
      switch marker {
      case Marker.endOfImage:
        guard scanCount > 0 else { throw ImageFault("it ends before its first scan") }
        return
      case 0x01, 0xD0...0xD7: continue  // These stand alone, without a length.
      case Marker.startOfImage: throw ImageFault("a second image starts inside its header")
      default: break
      }
      let segment = try Self.segment(in: bytes, &offset)
      switch marker {
      case let frame where Marker.startsFrame(frame): try readFrame(segment, kind: marker)
      case Marker.application1: readApplication(segment)
      case Marker.startOfScan:
        guard components > 0 else { throw ImageFault("a scan comes before its frame header") }
        scanCount += 1
        if !readsScans { return }
        offset = Self.endOfScan(in: bytes, from: offset)
      default: break
      }
    }
  }

  private enum Marker {
    static let startOfImage: UInt8 = 0xD8
    static let endOfImage: UInt8 = 0xD9
    static let startOfScan: UInt8 = 0xDA
    static let application1: UInt8 = 0xE1

    /// All frame headers: C0 to CF without the tables DHT (C4), JPG (C8) and DAC (CC).
    static func startsFrame(_ marker: UInt8) -> Bool {
      (0xC0...0xCF).contains(marker) && ![0xC4, 0xC8, 0xCC].contains(marker)
    }
  }

  /// The code of the next marker; bytes that belong to none are skipped, as decoders do.
  private static func nextMarker(
    in bytes: [UInt8], _ offset: inout Int
  ) throws(ImageFault) -> UInt8 {
    while true {
      while offset < bytes.count && bytes[offset] != 0xFF { offset += 1 }
      while offset < bytes.count && bytes[offset] == 0xFF { offset += 1 }
      guard offset < bytes.count else { throw ImageFault.truncated(at: bytes.count) }
      let code = bytes[offset]
      offset += 1
      if code != 0 { return code }
    }
  }

  /// The payload of the segment whose length field is at `offset`, which moves behind it.
  private static func segment(
    in bytes: [UInt8], _ offset: inout Int
  ) throws(ImageFault) -> ArraySlice<UInt8> {
    guard offset + 2 <= bytes.count else { throw ImageFault.truncated(at: bytes.count) }
    let length = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
    guard length >= 2 else { throw ImageFault("a segment of its header has length \(length)") }
    guard offset + length <= bytes.count else { throw ImageFault.truncated(at: bytes.count) }
    defer { offset += length }
    return bytes[offset + 2..<offset + length]
  }

  /// Where the entropy-coded bytes from `offset` on end: at the next marker that is no restart.
  private static func endOfScan(in bytes: [UInt8], from offset: Int) -> Int {
    bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return offset }
      var offset = offset
      while offset + 1 < buffer.count,
        let found = memchr(base + offset, 0xFF, buffer.count - 1 - offset)
      {
        offset = UnsafeRawPointer(found) - base
        let next = buffer[offset + 1]
        let isMarker = next != 0 && next != 0xFF && !(0xD0...0xD7).contains(next)
        if isMarker { return offset }
        offset += next == 0xFF ? 1 : 2
      }
      return buffer.count
    }
  }

  private mutating func readFrame(_ segment: ArraySlice<UInt8>, kind: UInt8) throws(ImageFault) {
    let bytes = Array(segment)
    guard bytes.count >= 6 else { throw ImageFault("its frame header is cut short") }
    guard components == 0 else { throw ImageFault("it has two frame headers") }
    let baselineOrProgressive: ClosedRange<UInt8> = 0xC0...0xC2
    guard baselineOrProgressive.contains(kind) else {
      let coding = kind < 0xC8 ? "lossless or hierarchical" : "arithmetic"
      throw ImageFault("it uses \(coding) coding, which Graft does not decode")
    }
    guard bytes[0] == 8 else {
      throw ImageFault("its samples have \(bytes[0]) bits; Graft decodes 8")
    }
    size = ImageSize(
      width: Int(bytes[3]) << 8 | Int(bytes[4]), height: Int(bytes[1]) << 8 | Int(bytes[2]))
    guard size.height > 0 else {
      throw ImageFault("its header leaves the height open (DNL), which Graft does not decode")
    }
    let count = Int(bytes[5])
    guard count == 1 || count == 3 || count == 4 else {
      throw ImageFault("it has \(count) color components; Graft decodes 1, 3 and 4")
    }
    guard bytes.count == 6 + 3 * count else { throw ImageFault("its frame header is damaged") }
    var blocks = 0
    var largest = (width: 1, height: 1)
    for component in 0..<count {
      let factors = bytes[7 + 3 * component]
      let (width, height) = (Int(factors >> 4), Int(factors & 15))
      guard (1...4).contains(width) && (1...4).contains(height) else {
        throw ImageFault("its sampling factors are not 1 to 4")
      }
      blocks += width * height
      largest = (max(largest.width, width), max(largest.height, height))
    }
    coefficientsPerPixel = Double(blocks) / Double(largest.width * largest.height)
    isProgressive = kind == 0xC2
    components = count
  }

  private mutating func readApplication(_ segment: ArraySlice<UInt8>) {
    guard segment.starts(with: EXIF.prefix), orientation == .upright else { return }
    orientation = EXIF.orientation(segment.dropFirst(EXIF.prefix.count))
  }
}
