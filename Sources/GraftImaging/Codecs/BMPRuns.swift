/// The runs of equal pixels that BMP calls RLE8 and RLE4.
///
/// A pair (n, v) repeats a value, or for RLE4 two in turn, n times; (0, n) precedes n pixels as they
/// are, filled up to 16 bits; (0, 0) ends a row, (0, 1) the image, and (0, 2) skips columns and rows.
/// What exceeds a row is left out, as in Pillow.
enum BMPRuns {
  static func decode(_ bytes: [UInt8], _ header: BMPHeader) throws(ImageFault) -> Image {
    let (width, height) = (header.size.width, header.size.height)
    var image = Image(width: width, height: height, channels: 1)
    let isRLE4 = header.bits == 4
    var offset = header.dataOffset
    var (x, y) = (0, 0)

    func next() throws(ImageFault) -> Int {
      guard offset < bytes.count else { throw ImageFault.truncated(at: bytes.count) }
      defer { offset += 1 }
      return Int(bytes[offset])
    }
    func draw(_ count: Int, _ value: (Int) -> UInt8) {
      let row = (header.isTopDown ? y : height - 1 - y) * width
      let end = min(width, x + count)
      for column in x..<max(x, end) { image.pixels[row + column] = value(column - x) }
      x = end
    }

    while y < height {
      let count = try next()
      let value = try next()
      switch (count, value) {
      case (0, 0): (x, y) = (0, y + 1)
      case (0, 1): throw ImageFault("its image data end early")
      case (0, 2): try (x, y) = (x + next(), y + next())
      case (0, _):
        let length = isRLE4 ? (value + 1) / 2 : value
        let start = offset
        guard length <= bytes.count - start else { throw ImageFault.truncated(at: bytes.count) }
        draw(value) { isRLE4 ? half(bytes[start + $0 / 2], $0) : bytes[start + $0] }
        offset += length + length % 2
      default: draw(count) { isRLE4 ? half(UInt8(value), $0) : UInt8(value) }
      }
      guard x <= width else { throw ImageFault("its runs leave the image") }
      // The last row needs no end.
      if y == height - 1 && x == width { return image }
    }
    return image
  }

  private static func half(_ byte: UInt8, _ index: Int) -> UInt8 {
    index % 2 == 0 ? byte >> 4 : byte & 15
  }
}
