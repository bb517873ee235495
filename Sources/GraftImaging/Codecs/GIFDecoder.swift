import CGIF

/// Decodes the first frame of a GIF by giflib, on its canvas.
///
/// As with Pillow's `convert("RGB")`, transparency is dropped: a transparent pixel has its color in
/// the palette, and the canvas around a smaller frame has the transparent color or else color 0. An
/// image whose palette has only grays is gray.
enum GIFDecoder: ImageDecoder {
  static func recognizes(_ file: [UInt8]) -> Bool {
    GIFHeader.signatures.contains { file.starts(with: $0) }
  }

  static func readHeader(
    _ bytes: [UInt8]
  ) throws(ImageFault) -> (size: ImageSize, orientation: Orientation) {
    (try GIFHeader(bytes).size, .upright)
  }

  static func decode(
    _ bytes: [UInt8], _ request: DecodeRequest
  ) throws(ImageFault) -> (image: Image, orientation: Orientation) {
    let header = try GIFHeader(bytes)
    let cost = DecodingCost(header.size, bytesPerPixel: request.keepsIndices ? 1 : 4)
    try request.limits.check(cost)
    try request.limits.check(cost, fileBytes: bytes.count)
    let (size, frame) = (header.size, header.frame)
    let indices = try Image.drawn(width: size.width, height: size.height, channels: 1) {
      output throws(ImageFault) in
      output.initialize(repeating: UInt8(header.background))
      let place = output.baseAddress.map { $0 + frame.y * size.width + frame.x }
      let error = graft_gif_read(
        bytes, bytes.count, Int32(frame.width), Int32(frame.height), place, size.width)
      guard error == 0 else { throw fault(error) }
    }
    guard !request.keepsIndices, var palette = header.palette else {
      return try request.part(of: indices, lying: .upright)
    }
    palette.extend(to: header.background)
    let image = try palette.image(of: indices, givesGray: true)
    return try request.part(of: image, lying: .upright)
  }

  private static func fault(_ error: Int32) -> ImageFault {
    switch error {
    case D_GIF_ERR_EOF_TOO_SOON, D_GIF_ERR_READ_FAILED: ImageFault("its image data end early")
    case D_GIF_ERR_IMAGE_DEFECT: ImageFault("its image data are damaged")
    default:
      ImageFault("the decoder says \u{201C}\(String(cString: graft_gif_text(error)))\u{201D}")
    }
  }
}
