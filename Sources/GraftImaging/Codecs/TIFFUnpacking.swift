/// Turns decoded pieces of a TIFF into 8-bit pixels: grays, RGB, or the numbers of colors.
struct TIFFUnpacking {
  private let header: TIFFHeader
  /// The gray, or the number, that a sample of up to 8 bits stands for.
  private let table: [UInt8]
  /// Bytes from a pixel to the next, from a sample of a pixel to the next, and to a sample's high byte.
  private let pixelStep: Int
  private let sampleStep: Int
  private let highByte: Int

  /// 1, or 3 of colors.
  let channels: Int

  init(_ header: TIFFHeader) {
    self.header = header
    let bytes = header.bits == 16 ? 2 : 1
    pixelStep = header.isPlanar ? bytes : bytes * header.samples
    sampleStep = header.isPlanar ? header.pieceByteCount : bytes
    // libtiff gives the processor's byte order.
    highByte = header.bits == 16 && UInt16(1).littleEndian == 1 ? 1 : 0
    let depth = min(header.bits, 8)
    let most = (1 << depth) - 1
    switch header.content {
    case .gray(let isInverted):
      table = (0...most).map { UInt8((isInverted ? most - $0 : $0) * 255 / most) }
      channels = 1
    case .palette:
      table = (0...most).map { UInt8($0) }
      channels = 1
    case .rgb, .cmyk:
      table = []
      channels = 3
    }
  }

  /// Writes the pixels of a piece to their box of the image.
  func unpack(
    _ piece: UnsafeBufferPointer<UInt8>, to box: ImageBox,
    of output: UnsafeMutableBufferPointer<UInt8>
  ) {
    for y in 0..<box.height {
      let row = y * header.pieceRowByteCount
      let place = ((box.y + y) * header.size.width + box.x) * channels
      let line = UnsafeMutableBufferPointer(
        rebasing: output[place..<place + box.width * channels])
      if header.bits < 8 {
        unpackBits(piece, row, to: line)
      } else {
        unpackBytes(piece, row, to: line)
      }
    }
  }

  /// Writes the 16-bit grays of a piece to their box of the image.
  func unpackDeep(
    _ piece: UnsafeBufferPointer<UInt8>, to box: ImageBox, of samples: inout [UInt16]
  ) {
    guard case .gray(let isInverted) = header.content else { return }
    for y in 0..<box.height {
      var place = y * header.pieceRowByteCount
      let start = (box.y + y) * header.size.width + box.x
      for x in 0..<box.width {
        let sample = UInt16(piece[place + highByte]) << 8 | UInt16(piece[place + 1 - highByte])
        samples[start + x] = isInverted ? .max - sample : sample
        place += pixelStep
      }
    }
  }

  /// A row of one sample a pixel, several pixels a byte.
  private func unpackBits(
    _ piece: UnsafeBufferPointer<UInt8>, _ row: Int, to line: UnsafeMutableBufferPointer<UInt8>
  ) {
    let perByte = 8 / header.bits
    let mask = UInt8((1 << header.bits) - 1)
    for x in line.indices {
      let shift = 8 - header.bits * (x % perByte + 1)
      line[x] = table[Int(piece[row + x / perByte] >> UInt8(shift) & mask)]
    }
  }

  private func unpackBytes(
    _ piece: UnsafeBufferPointer<UInt8>, _ row: Int, to line: UnsafeMutableBufferPointer<UInt8>
  ) {
    var place = row + highByte
    for x in 0..<line.count / channels {
      if channels == 1 {
        line[x] = table[Int(piece[place])]
      } else if case .cmyk = header.content {
        let light = 255 - piece[place + 3 * sampleStep]
        for channel in 0..<3 {
          line[3 * x + channel] = CMYK.channel(
            ink: piece[place + channel * sampleStep], light: light)
        }
      } else {
        for channel in 0..<3 { line[3 * x + channel] = piece[place + channel * sampleStep] }
      }
      if header.isPremultiplied {
        let alpha = piece[place + header.content.sampleCount * sampleStep]
        for channel in 0..<channels {
          line[channels * x + channel] = Self.divided(line[channels * x + channel], by: alpha)
        }
      }
      place += pixelStep
    }
  }

  /// A color that was multiplied by alpha, by Pillow's rule.
  private static func divided(_ color: UInt8, by alpha: UInt8) -> UInt8 {
    alpha == 0 ? 0 : UInt8(min(255, Int(color) * 255 / Int(alpha)))
  }
}
