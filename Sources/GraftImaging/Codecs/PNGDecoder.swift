import CPNG

/// Decodes PNG by libpng: all color types and depths, interlaced or not.
///
/// As with Pillow's `convert("RGB")`, alpha and transparent colors are dropped, not composited,
/// gamma and color profiles are ignored, and 16-bit samples keep their high byte. The one
/// difference: 16-bit gray keeps its high byte too, where Pillow clips values above 255 to white.
enum PNGDecoder {
  /// The stored image (1 channel if gray) and how to lay it upright.
  ///
  /// With `keepsIndices` an image with a palette comes as the gray image of its colors' numbers.
  static func decode(
    _ bytes: [UInt8], limits: ImageLimits, keepsIndices: Bool = false
  ) throws(ImageFault) -> (image: Image, orientation: Orientation) {
    let header = try PNGHeader(bytes)
    try limits.check(header.size, bytesPerPixel: header.color == .palette ? 4 : 3)
    // Deflate packs at most about 1,032 to 1, so a header that promises more lies.
    guard header.inflatedByteCount / 1_100 <= header.dataByteCount else {
      throw ImageFault(
        "its header promises \(header.size) pixels, which \(header.dataByteCount) bytes of data"
          + " cannot hold")
    }
    let isColor = header.color == .rgb || header.color == .rgbAlpha
    let channels = isColor ? 3 : 1
    var palette = [UInt8](repeating: 0, count: 256 * 3)
    var paletteCount: Int32 = 0
    let image = try Image.drawn(
      width: header.size.width, height: header.size.height, channels: channels
    ) { output throws(ImageFault) in
      var message = [CChar](repeating: 0, count: GRAFT_PNG_MESSAGE)
      let status = graft_png_read(
        bytes, bytes.count, output.baseAddress, UInt32(header.size.width),
        UInt32(header.size.height), Int32(channels), &palette, &paletteCount, &message)
      guard status == 0 else { throw ImageFault(reason(for: message)) }
    }
    guard header.color == .palette, !keepsIndices else { return (image, header.orientation) }
    let colored = try lookUp(image, in: palette, count: Int(paletteCount))
    return (colored, header.orientation)
  }

  private static func lookUp(
    _ indices: Image, in palette: [UInt8], count: Int
  ) throws(ImageFault) -> Image {
    if let largest = indices.pixels.max(), Int(largest) >= count {
      throw ImageFault(missingColor)
    }
    return Image.drawn(width: indices.width, height: indices.height, channels: 3) { output in
      for (position, index) in indices.pixels.enumerated() {
        for channel in 0..<3 { output[position * 3 + channel] = palette[Int(index) * 3 + channel] }
      }
    }
  }

  private static let missingColor = "it uses colors that its palette does not have"

  private static func reason(for message: [CChar]) -> String {
    let text = String(
      decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self
    ).escapingControlCharacters
    if text.contains("CRC error") || text.contains("data check") {
      return "a checksum does not match, so the file is damaged"
    }
    if text.contains("palette index") { return missingColor }
    if text.contains("Not enough image data") { return "its image data end early" }
    return "the decoder says \u{201C}\(text)\u{201D}"
  }
}
