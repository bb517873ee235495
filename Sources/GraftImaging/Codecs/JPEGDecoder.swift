import CJPEG

/// Decodes JPEG by libjpeg-turbo with the accurate inverse DCT and smooth chroma upsampling, which
/// are Pillow's choices too, so that pixels agree.
///
/// Baseline and progressive, gray, YCbCr, RGB, and CMYK as Adobe writes it (inverted).
///
/// Of a part of an image only the blocks it touches are transformed, and what lies below it is not
/// decoded at all. The whole file is checked for its structure (headers, markers, an end); its data
/// only down to the last line of the part, so damage below is found by those who decode more, as
/// the scan of a data set does for each file.
enum JPEGDecoder: ImageDecoder {
  static func recognizes(_ file: [UInt8]) -> Bool { file.starts(with: [0xFF, 0xD8, 0xFF]) }

  static func readHeader(
    _ bytes: [UInt8]
  ) throws(ImageFault) -> (size: ImageSize, orientation: Orientation) {
    let header = try JPEGHeader(bytes, readsScans: false)
    return (header.size, header.orientation)
  }

  /// The stored image, or what the request's region holds of it, and how to lay it upright; gray
  /// files give 1 channel if it keeps gray.
  ///
  /// With a least size the image may come at 1/2, 1/4 or 1/8, as long as the region keeps that size.
  static func decode(
    _ bytes: [UInt8], _ request: DecodeRequest
  ) throws(ImageFault) -> (image: Image, orientation: Orientation) {
    let header = try JPEGHeader(bytes, readsScans: true)
    // A file of several scans keeps all coefficients, two bytes each, until the last one is read.
    let coefficientBytes = header.scanCount > 1 ? Int(header.coefficientsPerPixel * 2) + 1 : 0
    let cost = DecodingCost(
      header.size, bytesPerPixel: max(header.components, 3) + coefficientBytes)
    try request.limits.check(cost)
    try request.limits.check(cost, fileBytes: bytes.count)
    let work = header.scanCount * header.size.width * header.size.height
    guard header.scanCount <= 100 && work <= 2_000_000_000 else {
      throw ImageFault("it has \(header.scanCount) scans, so many that decoding would take long")
    }
    let orientation = request.orientation(header.orientation)
    let box = try orientation.storedBox(showing: request.region, of: header.size)
    let part = JPEGPart(
      box, of: header.size,
      atLeast: request.leastSize.map { orientation.swapsSides ? $0.transposed : $0 })
    let image: Image
    switch header.components {
    case 1 where request.keepsGray: image = try decode(bytes, part, channels: 1)
    case 4: image = try decodeCMYK(bytes, part)
    default: image = try decode(bytes, part, channels: 3)
    }
    return (image, orientation)
  }

  private static func decode(
    _ bytes: [UInt8], _ part: JPEGPart, channels: Int
  ) throws(ImageFault) -> Image {
    try Image.drawn(width: part.box.width, height: part.box.height, channels: channels) {
      output throws(ImageFault) in
      try decompress(bytes, part, channels: channels, into: output)
    }
  }

  private static func decodeCMYK(_ bytes: [UInt8], _ part: JPEGPart) throws(ImageFault) -> Image {
    let (width, height) = (part.box.width, part.box.height)
    let inks = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: width * height * 4)
    defer { inks.deallocate() }
    try decompress(bytes, part, channels: 4, into: inks)
    return Image.drawn(width: width, height: height, channels: 3) { output in
      for index in 0..<width * height {
        // Adobe stores 255 for no ink, so the stored values are the lights already.
        let light = inks[index * 4 + 3]
        for channel in 0..<3 {
          output[index * 3 + channel] = CMYK.channel(
            ink: 255 - inks[index * 4 + channel], light: light)
        }
      }
    }
  }

  private static func decompress(
    _ bytes: [UInt8], _ part: JPEGPart, channels: Int,
    into output: UnsafeMutableBufferPointer<UInt8>
  ) throws(ImageFault) {
    var message = [CChar](repeating: 0, count: GRAFT_JPEG_MESSAGE)
    let box = graft_jpeg_region(
      x: UInt32(part.box.x), y: UInt32(part.box.y), width: UInt32(part.box.width),
      height: UInt32(part.box.height))
    let status = graft_jpeg_read(
      bytes, bytes.count, Int32(channels), Int32(part.reduction), box, output.baseAddress,
      &message)
    switch status {
    case GRAFT_JPEG_OK: return
    case GRAFT_JPEG_TRUNCATED: throw ImageFault.truncated(at: bytes.count)
    default: throw ImageFault("the decoder says \u{201C}\(text(of: message))\u{201D}")
    }
  }

  /// A message of the C library as text that is safe to print.
  static func text(of message: [CChar]) -> String {
    String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      .escapingControlCharacters
  }
}

/// What to decode of a JPEG: how much smaller, and which box of the smaller image.
struct JPEGPart: Equatable {
  /// 1, 2, 4 or 8.
  private(set) var reduction = 1
  private(set) var box: ImageBox

  /// The box of an image of `size`, reduced as far as leaves it `leastSize`, by default not at all.
  ///
  /// Its edges are rounded to the nearest pixels of the reduced image, less than a pixel of the
  /// size asked for; the image's own right and lower edge stay what they are.
  init(_ box: ImageBox, of size: ImageSize, atLeast leastSize: ImageSize? = nil) {
    self.box = box
    guard let leastSize else { return }
    for reduction in [2, 4, 8] {
      let columns = Self.reduced(box.columns, of: size.width, by: reduction)
      let rows = Self.reduced(box.rows, of: size.height, by: reduction)
      guard columns.count >= max(leastSize.width, 1), rows.count >= max(leastSize.height, 1)
      else { return }
      self.reduction = reduction
      self.box = ImageBox(
        x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
    }
  }

  private static func reduced(
    _ range: Range<Int>, of length: Int, by reduction: Int
  ) -> Range<Int> {
    let half = reduction / 2
    let end = range.upperBound == length ? length + reduction - 1 : range.upperBound + half
    return (range.lowerBound + half) / reduction..<end / reduction
  }
}
