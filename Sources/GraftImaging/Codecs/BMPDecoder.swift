/// Decodes BMP: 1, 4, 8, 16, 24 and 32 bits, runs of 4 and 8 bits, either order of rows.
///
/// Pixels are Pillow's: alpha is dropped, a color of n bits becomes value · 255 / (2ⁿ − 1), rounded
/// down, and pixels that runs leave out have color 0. An image whose palette has only grays is gray.
enum BMPDecoder: ImageDecoder {
  static func recognizes(_ file: [UInt8]) -> Bool {
    // The header's length is a small number; "BM" alone may start a text.
    file.starts(with: Array("BM".utf8)) && file.count >= BMPHeader.fileHeaderLength + 4
      && file[15] == 0 && file[16] == 0 && file[17] == 0
  }

  static func readHeader(
    _ bytes: [UInt8]
  ) throws(ImageFault) -> (size: ImageSize, orientation: Orientation) {
    (try BMPHeader(bytes).size, .upright)
  }

  static func decode(
    _ bytes: [UInt8], _ request: DecodeRequest
  ) throws(ImageFault) -> (image: Image, orientation: Orientation) {
    let header = try BMPHeader(bytes)
    let bytesPerPixel = header.palette == nil ? 3 : request.keepsIndices ? 1 : 4
    let cost = DecodingCost(header.size, bytesPerPixel: bytesPerPixel)
    try request.limits.check(cost)
    if header.coding == .rows {
      // The last row need not be filled up.
      let lastRow = (header.size.width * header.bits + 7) / 8
      let needed = header.rowByteCount * (header.size.height - 1) + lastRow
      guard needed <= bytes.count - header.dataOffset else {
        throw ImageFault.truncated(at: bytes.count)
      }
    }
    try request.limits.check(cost, fileBytes: bytes.count)
    guard let palette = header.palette else {
      return try request.part(of: colorRows(bytes, header), lying: .upright)
    }
    let indices =
      try header.coding == .rows
      ? indexRows(bytes, header) : BMPRuns.decode(bytes, header)
    let image = request.keepsIndices ? indices : try palette.image(of: indices, givesGray: true)
    return try request.part(of: image, lying: .upright)
  }

  /// The file's place of a row of the image.
  private static func start(ofRow y: Int, _ header: BMPHeader) -> Int {
    header.dataOffset + (header.isTopDown ? y : header.size.height - 1 - y) * header.rowByteCount
  }

  private static func indexRows(_ bytes: [UInt8], _ header: BMPHeader) -> Image {
    let (width, height, bits) = (header.size.width, header.size.height, header.bits)
    let perByte = 8 / bits
    let mask = UInt8((1 << bits) - 1)
    return Image.drawn(width: width, height: height, channels: 1) { output in
      for y in 0..<height {
        let row = start(ofRow: y, header)
        for x in 0..<width {
          let shift = 8 - bits * (x % perByte + 1)
          output[y * width + x] = bytes[row + x / perByte] >> UInt8(shift) & mask
        }
      }
    }
  }

  private static func colorRows(_ bytes: [UInt8], _ header: BMPHeader) -> Image {
    let (width, height, step) = (header.size.width, header.size.height, header.bits / 8)
    let ranges = header.masks.map { mask in
      let shift = mask.trailingZeroBitCount
      return (shift: UInt32(shift), most: UInt32(mask >> shift))
    }
    let areBytes = ranges.allSatisfy { $0.most == 255 && $0.shift % 8 == 0 }
    return Image.drawn(width: width, height: height, channels: 3) { output in
      for y in 0..<height {
        let row = start(ofRow: y, header)
        for channel in 0..<3 {
          let range = ranges[channel]
          var place = row + (areBytes ? Int(range.shift) / 8 : 0)
          for index in y * width..<(y + 1) * width {
            if areBytes {
              output[index * 3 + channel] = bytes[place]
            } else {
              var pixel: UInt32 = 0
              for byte in 0..<step { pixel |= UInt32(bytes[place + byte]) << UInt32(8 * byte) }
              let value = UInt64(pixel >> range.shift & range.most) * 255 / UInt64(range.most)
              output[index * 3 + channel] = UInt8(value)
            }
            place += step
          }
        }
      }
    }
  }
}
