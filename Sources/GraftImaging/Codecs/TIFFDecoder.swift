import CTIFF
import Glibc
import GraftBase

/// Decodes the first page of a TIFF by libtiff: strips or tiles, samples together or in planes.
///
/// Gray, palettes, RGB and CMYK of 8 and 16 bits, gray and palettes of 1, 2 and 4 too; uncompressed,
/// LZW, deflate, PackBits, JPEG and the fax codes. As with Pillow's `convert("RGB")`, alpha is dropped
/// (colors that were multiplied by it are divided), the palette's and all 16-bit samples keep their
/// high byte, and profiles are ignored. The differences: 16-bit gray keeps its high byte too, where
/// Pillow clips values above 255 to white, and is inverted where the file asks for it.
enum TIFFDecoder: ImageDecoder {
  static func recognizes(_ file: [UInt8]) -> Bool { TIFFDirectory.recognizes(file) }

  static func readHeader(
    _ bytes: [UInt8]
  ) throws(ImageFault) -> (size: ImageSize, orientation: Orientation) {
    let header = try TIFFHeader(TIFFDirectory(bytes))
    return (header.size, header.orientation)
  }

  static func decode(
    _ bytes: [UInt8], _ request: DecodeRequest
  ) throws(ImageFault) -> (image: Image, orientation: Orientation) {
    let header = try checkedHeader(
      bytes, request.limits, keepsIndices: request.keepsIndices)
    let image = try pixels(bytes, header)
    if case .palette(let palette) = header.content, !request.keepsIndices {
      return try request.part(of: palette.image(of: image), lying: header.orientation)
    }
    return try request.part(of: image, lying: header.orientation)
  }

  static func deepGray(
    _ bytes: [UInt8], _ limits: ImageLimits
  ) throws(ImageFault) -> DeepGray? {
    let header = try TIFFHeader(TIFFDirectory(bytes))
    guard header.bits == 16, case .gray = header.content, !header.isPremultiplied else {
      return nil
    }
    _ = try checkedHeader(bytes, limits)
    var samples = [UInt16](repeating: 0, count: header.size.width * header.size.height)
    let unpacking = TIFFUnpacking(header)
    try withPieces(bytes, header) { piece, box in
      unpacking.unpackDeep(piece, to: box, of: &samples)
    }
    return DeepGray(size: header.size, orientation: header.orientation, samples: samples)
  }

  /// The header of a file that holds what it says, within the limits.
  private static func checkedHeader(
    _ bytes: [UInt8], _ limits: ImageLimits, keepsIndices: Bool = false
  ) throws(ImageFault) -> TIFFHeader {
    let directory = try TIFFDirectory(bytes)
    let header = try TIFFHeader(directory)
    // The size first: what a piece of it takes may be no number.
    try limits.check(header.size)
    // The pixels and one strip or tile of each plane.
    let cost = DecodingCost(
      header.size, bytesPerPixel: header.bytesPerPixel(keepingIndices: keepsIndices),
      and: header.planes * header.pieceByteCount)
    try limits.check(cost)
    try checkData(bytes, directory, header)
    try limits.check(cost, fileBytes: bytes.count)
    return header
  }

  /// Makes sure that the file has the pieces that it lists and that they can hold the image.
  private static func checkData(
    _ bytes: [UInt8], _ directory: TIFFDirectory, _ header: TIFFHeader
  ) throws(ImageFault) {
    let count = header.columns * header.rows * header.planes
    let (offsetTag, lengthTag): (TIFFDirectory.Tag, TIFFDirectory.Tag) =
      header.isTiled ? (.tileOffsets, .tileByteCounts) : (.stripOffsets, .stripByteCounts)
    let offsets = try directory.integers(offsetTag, count: count)
    let lengths = try directory.integers(lengthTag, count: count)
    var (sum, scanCount) = (0, 0)
    for (offset, length) in zip(offsets, lengths) {
      guard length <= bytes.count, offset <= bytes.count - length else {
        throw ImageFault.truncated(at: bytes.count)
      }
      sum += length
      if header.compression == .jpeg { scanCount += scans(in: bytes[offset..<offset + length]) }
    }
    guard sum <= bytes.count else {
      throw ImageFault("its parts hold more bytes than the file has")
    }
    let rowByteCount = header.pieceRowByteCount
    let rowCount = header.isTiled ? header.rows * header.pieceSize.height : header.size.height
    let promised = header.planes * header.columns * rowCount * rowByteCount
    guard promised <= header.compression.mostBytes(from: sum, rowByteCount: rowByteCount) else {
      throw ImageFault(
        "its header promises \(header.size) pixels, which \(sum) bytes of data cannot hold")
    }
    // As for JPEG files.
    let work = scanCount * header.pieceSize.width * header.pieceSize.height
    guard work <= 2_000_000_000 else {
      throw ImageFault("it has \(scanCount) scans, so many that decoding would take long")
    }
  }

  /// How many scans a JPEG has, or more.
  private static func scans(in data: ArraySlice<UInt8>) -> Int {
    data.withUnsafeBytes { buffer in
      guard let start = buffer.baseAddress else { return 0 }
      var (count, offset) = (0, 0)
      while offset + 1 < buffer.count,
        let found = memchr(start + offset, 0xFF, buffer.count - 1 - offset)
      {
        offset = UnsafeRawPointer(found) - start + 1
        if buffer[offset] == 0xDA { count += 1 }
      }
      return count
    }
  }

  /// The pixels: colors, grays, or the numbers of colors.
  private static func pixels(_ bytes: [UInt8], _ header: TIFFHeader) throws(ImageFault) -> Image {
    let unpacking = TIFFUnpacking(header)
    return try Image.drawn(
      width: header.size.width, height: header.size.height, channels: unpacking.channels
    ) { output throws(ImageFault) in
      try withPieces(bytes, header) { piece, box in unpacking.unpack(piece, to: box, of: output) }
    }
  }

  /// Passes on each decoded piece, all its planes, with its box of the image.
  private static func withPieces(
    _ bytes: [UInt8], _ header: TIFFHeader,
    _ body: (UnsafeBufferPointer<UInt8>, ImageBox) -> Void
  ) throws(ImageFault) {
    var layout = graft_tiff_layout(
      width: UInt32(header.size.width), height: UInt32(header.size.height),
      piece_width: UInt32(header.pieceSize.width), piece_height: UInt32(header.pieceSize.height),
      bits: UInt16(header.bits), samples: UInt16(header.samples),
      is_tiled: header.isTiled ? 1 : 0, is_planar: header.isPlanar ? 1 : 0)
    try bytes.withUnsafeBufferPointer { source throws(ImageFault) in
      var message = [CChar](repeating: 0, count: GRAFT_TIFF_MESSAGE)
      let file = graft_tiff_open(
        source.baseAddress, source.count, &layout, header.isYCbCr ? 1 : 0,
        Int64(header.pieceByteCount), &message)
      guard let file else { throw fault(JPEGDecoder.text(of: message)) }
      defer { graft_tiff_close(file) }
      try readPieces(file, header, body)
    }
  }

  private static func readPieces(
    _ file: UnsafeMutablePointer<graft_tiff>, _ header: TIFFHeader,
    _ body: (UnsafeBufferPointer<UInt8>, ImageBox) -> Void
  ) throws(ImageFault) {
    let pieceLength = header.pieceByteCount
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: header.planes * pieceLength)
    defer { buffer.deallocate() }
    for row in 0..<header.rows {
      let length = header.rowCount(inPieceAt: row) * header.pieceRowByteCount
      for column in 0..<header.columns {
        for plane in 0..<header.planes {
          let piece = (plane * header.rows + row) * header.columns + column
          let place = buffer.baseAddress.map { $0 + plane * pieceLength }
          guard graft_tiff_read(file, UInt32(piece), place, Int64(length)) == 1 else {
            throw fault(String(cString: graft_tiff_text(file)))
          }
        }
        let x = column * header.pieceSize.width
        let y = row * header.pieceSize.height
        let box = ImageBox(
          x: x, y: y, width: min(header.pieceSize.width, header.size.width - x),
          height: min(header.pieceSize.height, header.size.height - y))
        body(UnsafeBufferPointer(buffer), box)
      }
    }
  }

  private static func fault(_ message: String) -> ImageFault {
    let text = message.escapingControlCharacters
    return text.hasPrefix("its ")
      ? ImageFault(text) : ImageFault("the decoder says \u{201C}\(text)\u{201D}")
  }
}
