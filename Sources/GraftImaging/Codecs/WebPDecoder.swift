import CWebP

/// Decodes WebP by libwebp: lossy and lossless, and of an animation the first frame.
///
/// As with Pillow's `convert("RGB")`, alpha is dropped, and around a frame that is smaller than the
/// canvas there is black. Of a part of an image no more rows are decoded than it needs.
enum WebPDecoder: ImageDecoder {
  /// More chunks than any file has; libwebp keeps a record of each.
  private static let mostChunks = 65_536

  static func recognizes(_ file: [UInt8]) -> Bool {
    file.starts(with: Array("RIFF".utf8)) && file.dropFirst(8).starts(with: Array("WEBP".utf8))
  }

  static func readHeader(
    _ bytes: [UInt8]
  ) throws(ImageFault) -> (size: ImageSize, orientation: Orientation) {
    let header = try header(bytes)
    return (size(header), orientation(header, bytes))
  }

  static func decode(
    _ bytes: [UInt8], _ request: DecodeRequest
  ) throws(ImageFault) -> (image: Image, orientation: Orientation) {
    let header = try header(bytes)
    // libwebp decodes lossless images and alpha as whole planes of four bytes a pixel.
    let isWhole = header.is_lossless != 0 || header.has_alpha != 0
    let cost = DecodingCost(size(header), bytesPerPixel: isWhole ? 8 : 3)
    try request.limits.check(cost)
    try request.limits.check(cost, fileBytes: bytes.count)
    let orientation = request.orientation(orientation(header, bytes))
    let box = try orientation.storedBox(showing: request.region, of: size(header))
    return (try decode(bytes, header, box), orientation)
  }

  private static func header(_ bytes: [UInt8]) throws(ImageFault) -> graft_webp_header {
    try checkChunks(bytes)
    var header = graft_webp_header()
    guard graft_webp_read_header(bytes, bytes.count, &header) == 1 else {
      throw ImageFault("its chunks are damaged")
    }
    return header
  }

  private static func size(_ header: graft_webp_header) -> ImageSize {
    ImageSize(width: Int(header.width), height: Int(header.height))
  }

  private static func orientation(_ header: graft_webp_header, _ bytes: [UInt8]) -> Orientation {
    let block = bytes[header.exif_offset..<header.exif_offset + header.exif_size]
    return EXIF.orientation(
      block.starts(with: EXIF.prefix) ? block.dropFirst(EXIF.prefix.count) : block)
  }

  private static func checkChunks(_ bytes: [UInt8]) throws(ImageFault) {
    let file = FileIntegers(bytes: bytes)
    guard let length = file.unsigned(at: 4, bytes: 4), length <= bytes.count - 8 else {
      throw ImageFault.truncated(at: bytes.count)
    }
    var offset = 12
    var count = 0
    while offset < 8 + length, let chunkLength = file.unsigned(at: offset + 4, bytes: 4) {
      offset += 8 + chunkLength + chunkLength % 2
      count += 1
    }
    guard count <= mostChunks else {
      throw ImageFault("it has \(count) chunks, more than an image has")
    }
  }

  /// A box of the canvas.
  private static func decode(
    _ bytes: [UInt8], _ header: graft_webp_header, _ box: ImageBox
  ) throws(ImageFault) -> Image {
    let frame = ImageBox(
      x: Int(header.x), y: Int(header.y), width: Int(header.frame_width),
      height: Int(header.frame_height))
    guard let seen = frame.intersection(box) else {
      return Image(width: box.width, height: box.height)
    }
    let window = window(around: seen, in: frame)
    let coded = bytes[header.frame_offset..<header.frame_offset + header.frame_size]
    let decoded = try Image.drawn(width: window.width, height: window.height, channels: 3) {
      output throws(ImageFault) in
      let status = coded.withUnsafeBufferPointer {
        graft_webp_decode(
          $0.baseAddress, $0.count, Int32(window.x), Int32(window.y), Int32(window.width),
          Int32(window.height), output.baseAddress)
      }
      guard status == VP8_STATUS_OK else { throw fault(status) }
    }
    let part = decoded.cropped(
      ImageBox(
        x: seen.x - frame.x - window.x, y: seen.y - frame.y - window.y, width: seen.width,
        height: seen.height))
    guard seen != box else { return part }
    var canvas = Image(width: box.width, height: box.height)
    for y in 0..<part.height {
      let start = ((seen.y - box.y + y) * box.width + seen.x - box.x) * 3
      let row = part.pixels[y * part.width * 3..<(y + 1) * part.width * 3]
      canvas.pixels.replaceSubrange(start..<start + row.count, with: row)
    }
    return canvas
  }

  /// What to decode of a frame for the pixels of a box: chroma, at half size, is interpolated from the
  /// samples on all sides, so two pixels more on each, from even ones on.
  private static func window(around box: ImageBox, in frame: ImageBox) -> ImageBox {
    let left = max(0, box.x - frame.x - 2) & ~1
    let top = max(0, box.y - frame.y - 2) & ~1
    let right = min(frame.width, box.x - frame.x + box.width + 2)
    let bottom = min(frame.height, box.y - frame.y + box.height + 2)
    return ImageBox(x: left, y: top, width: right - left, height: bottom - top)
  }

  private static func fault(_ status: VP8StatusCode) -> ImageFault {
    switch status {
    case VP8_STATUS_NOT_ENOUGH_DATA, VP8_STATUS_SUSPENDED: ImageFault("its image data end early")
    case VP8_STATUS_OUT_OF_MEMORY: ImageFault("there is not enough memory to decode it")
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      ImageFault("it uses a feature that the decoder does not support")
    default: ImageFault("its image data are damaged")
    }
  }
}
