/// What a BMP says about itself: the file header, one of the seven headers after it, and the
/// colors.
///
/// Windows' headers of versions 3 to 5 (40 to 124 bytes) and OS/2's (12 and 64). What is never seen
/// in files is refused by name: JPEG, PNG or Huffman codes inside, 2 bits a pixel.
struct BMPHeader {
  private(set) var size = ImageSize(width: 0, height: 0)
  /// BMP starts with the lowest row, unless its height is negative.
  private(set) var isTopDown = false
  /// 1, 4 or 8 (with a palette), 16, 24 or 32.
  private(set) var bits = 0
  private(set) var coding = Coding.rows
  private(set) var palette: ColorTable?
  /// The bits of red, green and blue in a pixel of 16, 24 or 32 bits.
  private(set) var masks = [0, 0, 0]
  /// Where the pixels start in the file.
  private(set) var dataOffset = 0

  enum Coding: Equatable {
    /// Rows of pixels, each filled up to a multiple of four bytes.
    case rows
    /// Runs of equal pixels (RLE4, RLE8).
    case runs
  }

  static let fileHeaderLength = 14
  private static let coreLength = 12
  private static let os2Length = 64
  private static let knownLengths = [12, 40, 52, 56, 64, 108, 124]

  /// The bytes of a row in the file.
  var rowByteCount: Int { (size.width * bits + 31) / 32 * 4 }

  init(_ bytes: [UInt8]) throws(ImageFault) {
    let file = FileIntegers(bytes: bytes)
    func read(_ offset: Int, _ count: Int) throws(ImageFault) -> Int {
      guard let value = file.unsigned(at: offset, bytes: count) else {
        throw ImageFault.truncated(at: bytes.count)
      }
      return value
    }
    let start = Self.fileHeaderLength
    let length = try read(start, 4)
    guard Self.knownLengths.contains(length) else {
      throw ImageFault("its header has \(length) bytes, a kind that Graft does not read")
    }
    _ = try read(start + length - 1, 1)
    let isCore = length == Self.coreLength
    if isCore {
      size = ImageSize(width: try read(start + 4, 2), height: try read(start + 6, 2))
      bits = try read(start + 10, 2)
    } else {
      let height = Int(Int32(truncatingIfNeeded: try read(start + 8, 4)))
      size = ImageSize(width: try read(start + 4, 4), height: abs(height))
      isTopDown = height < 0
      bits = try read(start + 14, 2)
    }
    guard [1, 4, 8, 16, 24, 32].contains(bits) else {
      throw ImageFault("its pixels have \(bits) bits, which Graft does not read")
    }
    let compression = isCore ? 0 : try read(start + 16, 4)
    let hasMasks = try readCoding(compression, isOS2: length == Self.os2Length)
    // Headers of 40 bytes have the masks after them, the longer ones inside.
    var end = start + length
    if hasMasks {
      masks = [
        try read(start + 40, 4), try read(start + 44, 4), try read(start + 48, 4),
      ]
      end = max(end, start + 52)
    }
    try checkMasks()
    dataOffset = try read(10, 4)
    guard bits <= 8 else {
      if dataOffset == 0 { dataOffset = end }
      return
    }
    let used = isCore ? 0 : try read(start + 32, 4)
    let count = used == 0 ? 1 << bits : used
    guard count <= 1 << 16 else {
      throw ImageFault("its header says that it has \(count) colors")
    }
    let stride = isCore ? 3 : 4
    let isBehindHeader = dataOffset == 0 || dataOffset == start + length
    if isBehindHeader { dataOffset = end + count * stride }
    let kept = min(count, 1 << bits)
    _ = try read(end + kept * stride - 1, 1)
    palette = ColorTable(
      (0..<kept).flatMap { color in (0..<3).map { bytes[end + color * stride + 2 - $0] } })
  }

  /// Understands the number of a compression; true where masks follow.
  private mutating func readCoding(_ number: Int, isOS2: Bool) throws(ImageFault) -> Bool {
    switch (number, bits) {
    case (0, _):
      let fifths = [0x7C00, 0x3E0, 0x1F]
      masks = bits == 16 ? fifths : [0xFF0000, 0xFF00, 0xFF]
    case (1, 8), (2, 4): coding = .runs
    case (3, 16...) where !isOS2: return true
    case (3, _) where isOS2: throw ImageFault("it uses Huffman coding, which Graft does not decode")
    case (4, _): throw ImageFault("it holds a JPEG, which Graft does not decode inside a BMP")
    case (5, _): throw ImageFault("it holds a PNG, which Graft does not decode inside a BMP")
    default: throw ImageFault("compression \(number) with \(bits) bits is not legal in BMP")
    }
    return false
  }

  private mutating func checkMasks() throws(ImageFault) {
    guard bits > 8 else { return }
    // Some programs leave them out.
    if masks == [0, 0, 0], bits == 32 { masks = [0xFF0000, 0xFF00, 0xFF] }
    let areRanges = masks.allSatisfy { mask in
      let range = mask >> mask.trailingZeroBitCount
      return mask > 0 && mask >> bits == 0 && range & (range + 1) == 0
    }
    guard areRanges else {
      let list = masks.map { "0x" + String($0, radix: 16) }.joined(separator: ", ")
      throw ImageFault("the bits of its colors, \(list), are no ranges of \(bits) bits")
    }
  }
}
