import CPNG

/// Decodes PNG by libpng: all color types and depths, interlaced or not.
///
/// As with Pillow's `convert("RGB")`, alpha and transparent colors are dropped, not composited,
/// gamma and color profiles are ignored, and 16-bit samples keep their high byte. The one
/// difference: 16-bit gray keeps its high byte too, where Pillow clips values above 255 to white.
enum PNGDecoder: ImageDecoder {
  static func recognizes(_ file: [UInt8]) -> Bool { file.starts(with: PNGHeader.signature) }

  static func readHeader(
    _ bytes: [UInt8]
  ) throws(ImageFault) -> (size: ImageSize, orientation: Orientation) {
    let header = try PNGHeader(bytes)
    return (header.size, header.orientation)
  }

  static func decode(
    _ bytes: [UInt8], _ request: DecodeRequest
  ) throws(ImageFault) -> (image: Image, orientation: Orientation) {
    let header = try PNGHeader(bytes)
    // The numbers of a palette's colors, and its colors.
    let bytesPerPixel = header.color.samplesPerPixel < 3 ? 1 : 3
    try check(
      header, request.limits,
      bytesPerPixel: header.color == .palette && !request.keepsIndices ? 4 : bytesPerPixel,
      fileBytes: bytes.count)
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
        UInt32(header.size.height), Int32(channels), 0, &palette, &paletteCount, &message)
      guard status == 0 else { throw ImageFault(reason(for: message)) }
    }
    guard header.color == .palette, !request.keepsIndices else {
      return try request.part(of: image, lying: header.orientation)
    }
    let colors = ColorTable(palette.prefix(Int(paletteCount) * 3))
    return try request.part(of: colors.image(of: image), lying: header.orientation)
  }

  static func deepGray(
    _ bytes: [UInt8], _ limits: ImageLimits
  ) throws(ImageFault) -> DeepGray? {
    let header = try PNGHeader(bytes)
    guard header.bitDepth == 16, header.color == .gray || header.color == .grayAlpha else {
      return nil
    }
    try check(header, limits, bytesPerPixel: 3, fileBytes: bytes.count)
    var samples = [UInt16](repeating: 0, count: header.size.width * header.size.height)
    var (palette, paletteCount) = ([UInt8](repeating: 0, count: 256 * 3), Int32(0))
    var message = [CChar](repeating: 0, count: GRAFT_PNG_MESSAGE)
    let status = samples.withUnsafeMutableBytes { output in
      graft_png_read(
        bytes, bytes.count, output.bindMemory(to: UInt8.self).baseAddress,
        UInt32(header.size.width), UInt32(header.size.height), 1, 1, &palette, &paletteCount,
        &message)
    }
    guard status == 0 else { throw ImageFault(reason(for: message)) }
    return DeepGray(size: header.size, orientation: header.orientation, samples: samples)
  }

  private static func check(
    _ header: PNGHeader, _ limits: ImageLimits, bytesPerPixel: Int, fileBytes: Int
  ) throws(ImageFault) {
    let cost = DecodingCost(header.size, bytesPerPixel: bytesPerPixel)
    try limits.check(cost)
    // Deflate packs at most about 1,032 to 1, so a header that promises more lies.
    guard header.inflatedByteCount / 1_100 <= header.dataByteCount else {
      throw ImageFault(
        "its header promises \(header.size) pixels, which \(header.dataByteCount) bytes of data"
          + " cannot hold")
    }
    try limits.check(cost, fileBytes: fileBytes)
  }

  private static func reason(for message: [CChar]) -> String {
    let text = String(
      decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self
    ).escapingControlCharacters
    if text.contains("CRC error") || text.contains("data check") {
      return "a checksum does not match, so the file is damaged"
    }
    if text.contains("palette index") { return ColorTable.missingColor }
    if text.contains("Not enough image data") { return "its image data end early" }
    return "the decoder says \u{201C}\(text)\u{201D}"
  }
}
