import CTurboJPEG

/// Decodes JPEG by libjpeg-turbo with the accurate inverse DCT and smooth chroma upsampling, which
/// are Pillow's choices too, so that pixels agree.
///
/// Baseline and progressive, gray, YCbCr, RGB, and CMYK as Adobe writes it (inverted).
enum JPEGDecoder {
  /// The stored picture and how to lay it upright; gray files give 1 channel if `keepsGray`.
  static func decode(
    _ bytes: [UInt8], limits: ImageLimits, keepsGray: Bool
  ) throws(ImageFault) -> (image: Image, orientation: Orientation) {
    let header = try JPEGHeader(bytes, readsScans: true)
    // A file of several scans keeps all coefficients, two bytes each, until the last one is read.
    let coefficientBytes = header.scanCount > 1 ? Int(header.coefficientsPerPixel * 2) + 1 : 0
    try limits.check(header.size, bytesPerPixel: max(header.components, 3) + coefficientBytes)
    let work = header.scanCount * header.size.width * header.size.height
    guard header.scanCount <= 100 && work <= 2_000_000_000 else {
      throw ImageFault("it has \(header.scanCount) scans, so many that decoding would take long")
    }
    let image: Image
    switch header.components {
    case 1 where keepsGray: image = try decode(bytes, header.size, as: TJPF_GRAY, channels: 1)
    case 4: image = try decodeCMYK(bytes, header.size)
    default: image = try decode(bytes, header.size, as: TJPF_RGB, channels: 3)
    }
    return (image, header.orientation)
  }

  private static func decode(
    _ bytes: [UInt8], _ size: ImageSize, as format: TJPF, channels: Int
  ) throws(ImageFault) -> Image {
    try Image.drawn(width: size.width, height: size.height, channels: channels) {
      output throws(ImageFault) in
      try decompress(bytes, size, as: format, channels: channels, into: output)
    }
  }

  /// CMYK to RGB by Pillow's rule: each colour is black times (white minus ink).
  private static func decodeCMYK(_ bytes: [UInt8], _ size: ImageSize) throws(ImageFault) -> Image {
    let count = size.width * size.height
    let inks = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: count * 4)
    defer { inks.deallocate() }
    try decompress(bytes, size, as: TJPF_CMYK, channels: 4, into: inks)
    return Image.drawn(width: size.width, height: size.height, channels: 3) { output in
      for index in 0..<count {
        // Adobe stores 255 for no ink, so the stored values are the lights already.
        let light = UInt32(inks[index * 4 + 3])
        for channel in 0..<3 {
          let ink = 255 - UInt32(inks[index * 4 + channel])
          let product = ink * light + 128
          let absorbed = (product >> 8 + product) >> 8
          output[index * 3 + channel] = UInt8(light - min(absorbed, light))
        }
      }
    }
  }

  private static func decompress(
    _ bytes: [UInt8], _ size: ImageSize, as format: TJPF, channels: Int,
    into output: UnsafeMutableBufferPointer<UInt8>
  ) throws(ImageFault) {
    guard let handle = tjInitDecompress() else {
      throw ImageFault("the JPEG decoder could not start; memory may be short")
    }
    defer { tjDestroy(handle) }
    let status = bytes.withUnsafeBufferPointer { source in
      tjDecompress2(
        handle, source.baseAddress, UInt(source.count), output.baseAddress, Int32(size.width),
        Int32(size.width * channels), Int32(size.height), Int32(format.rawValue),
        TJFLAG_ACCURATEDCT)
    }
    guard status != 0 else { return }
    let message = String(cString: tjGetErrorStr2(handle))
    let isWarning = tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue)
    guard !isWarning || damages.contains(where: message.contains) else { return }
    if message.contains("premature end") || message.contains("Premature end") {
      throw ImageFault.truncated(at: bytes.count)
    }
    throw ImageFault("the decoder says \u{201C}\(message.escapingControlCharacters)\u{201D}")
  }

  /// Parts of libjpeg's warnings that mean wrong pixels; the others (bytes between segments, odd
  /// version numbers) are common in the wild and harmless.
  private static let damages = [
    "remature end", "bad Huffman code", "instead of RST", "progression", "Corrupt JPEG data: bad",
  ]
}
