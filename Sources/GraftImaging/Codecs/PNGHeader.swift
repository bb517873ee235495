/// What a PNG says about itself: the header chunk and the lengths of the others.
///
/// Reading it allocates nothing and inflates nothing; the decoder then checks the checksums.
struct PNGHeader {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  private(set) var size = ImageSize(width: 0, height: 0)
  private(set) var bitDepth = 0
  private(set) var color = Color.gray
  private(set) var isInterlaced = false
  private(set) var orientation = Orientation.upright
  /// Compressed bytes of all IDAT chunks together.
  private(set) var dataByteCount = 0

  enum Color: UInt8 {
    case gray = 0
    case rgb = 2
    case palette = 3
    case grayAlpha = 4
    case rgbAlpha = 6

    var samplesPerPixel: Int {
      switch self {
      case .gray, .palette: 1
      case .grayAlpha: 2
      case .rgb: 3
      case .rgbAlpha: 4
      }
    }

    var legalDepths: [UInt8] {
      switch self {
      case .gray: [1, 2, 4, 8, 16]
      case .palette: [1, 2, 4, 8]
      case .rgb, .grayAlpha, .rgbAlpha: [8, 16]
      }
    }
  }

  init(_ bytes: [UInt8]) throws(ImageFault) {
    var offset = Self.signature.count
    var isFirst = true
    while true {
      guard bytes.count - offset >= 12 else { throw ImageFault.truncated(at: bytes.count) }
      let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      let kind = String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self)
      guard length <= bytes.count - offset - 12 else { throw ImageFault.truncated(at: bytes.count) }
      let chunk = bytes[offset + 8..<offset + 8 + length]
      if isFirst { try readHeader(kind, Array(chunk)) }
      isFirst = false
      switch kind {
      case "IDAT": dataByteCount += length
      case "eXIf": orientation = EXIF.orientation(chunk)
      case "IEND":
        guard dataByteCount > 0 else { throw ImageFault("it has no image data (IDAT)") }
        return
      default: break
      }
      offset += 12 + length
    }
  }

  /// The bytes that the image data inflate to: a filter byte and the packed pixels of each row,
  /// over the seven passes if it is interlaced.
  var inflatedByteCount: Int {
    let bits = bitDepth * color.samplesPerPixel
    let passes: [(x: Int, y: Int, stepX: Int, stepY: Int)] =
      isInterlaced
      ? [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
        (0, 1, 1, 2),
      ] : [(0, 0, 1, 1)]
    return passes.reduce(0) { sum, pass in
      let width = (size.width - pass.x + pass.stepX - 1) / pass.stepX
      let height = (size.height - pass.y + pass.stepY - 1) / pass.stepY
      return width > 0 && height > 0 ? sum + height * (1 + (width * bits + 7) / 8) : sum
    }
  }

  private mutating func readHeader(_ kind: String, _ chunk: [UInt8]) throws(ImageFault) {
    guard kind == "IHDR" && chunk.count == 13 else {
      throw ImageFault("it does not start with a header chunk (IHDR)")
    }
    let width = chunk[0..<4].reduce(0) { $0 << 8 | Int($1) }
    let height = chunk[4..<8].reduce(0) { $0 << 8 | Int($1) }
    size = ImageSize(width: width, height: height)
    guard let color = Color(rawValue: chunk[9]), color.legalDepths.contains(chunk[8]) else {
      throw ImageFault("color type \(chunk[9]) with \(chunk[8]) bits is not legal in PNG")
    }
    guard chunk[10] == 0 && chunk[11] == 0 && chunk[12] <= 1 else {
      throw ImageFault("its compression, filter or interlace method is not defined by PNG")
    }
    self.color = color
    bitDepth = Int(chunk[8])
    isInterlaced = chunk[12] == 1
  }
}
