/// What a TIFF says about the pixels of its first page, and whether Graft reads such.
struct TIFFHeader {
  /// What the samples of a pixel mean.
  enum Content: Equatable {
    case gray(isInverted: Bool)
    case palette(ColorTable)
    case rgb
    case cmyk

    /// Samples that are colors; alpha and others may follow.
    var sampleCount: Int {
      switch self {
      case .gray, .palette: 1
      case .rgb: 3
      case .cmyk: 4
      }
    }
  }

  let size: ImageSize
  let orientation: Orientation
  let compression: Compression
  let content: Content
  /// 1, 2, 4, 8 or 16.
  let bits: Int
  let samples: Int
  /// Whether colors were multiplied by alpha, the first sample after them.
  let isPremultiplied: Bool
  /// Whether the JPEG decoder has to make RGB of YCbCr.
  let isYCbCr: Bool
  /// Whether each sample has pieces of its own.
  let isPlanar: Bool
  let isTiled: Bool
  /// The size of a tile or strip; the last strip may have fewer rows.
  let pieceSize: ImageSize

  init(_ directory: TIFFDirectory) throws(ImageFault) {
    size = ImageSize(
      width: try directory.integer(.width), height: try directory.integer(.height))
    orientation = Orientation(rawValue: try directory.integer(.orientation, missing: 1)) ?? .upright
    compression = try Compression(directory.integer(.compression, missing: 1))
    samples = try directory.integer(.samplesPerPixel, missing: 1)
    let depths = Set(try directory.integersOfSamples(.bitsPerSample))
    bits = depths.first ?? 1
    guard depths.count <= 1, [1, 2, 4, 8, 16].contains(bits) else {
      let list = depths.sorted().map(String.init).joined(separator: " and ")
      throw ImageFault("its samples have \(list) bits; Graft reads 1, 2, 4, 8 and 16")
    }
    let formats = try directory.integersOfSamples(.sampleFormat)
    guard formats.allSatisfy({ $0 == 1 }) else {
      throw ImageFault(
        "its samples are signed or floating-point numbers; Graft reads unsigned ones")
    }
    let photometric = try directory.integer(.photometric, missing: 0)
    isYCbCr = photometric == 6
    content = try Self.content(photometric, compression, bits: bits, directory)
    guard (content.sampleCount...6).contains(samples), bits >= 8 || samples == 1 else {
      throw ImageFault(
        "it has \(samples) samples of \(bits) bits a pixel, which Graft does not read")
    }
    let extraSamples = try directory.integersOfSamples(.extraSamples)
    let associatedAlpha = 1
    isPremultiplied =
      extraSamples.first == associatedAlpha && samples > content.sampleCount
      && (content == .rgb || photometric <= 1)
    let planes = try directory.integer(.planarConfiguration, missing: 1)
    isPlanar = samples > 1 && planes == 2
    isTiled = directory.has(.tileWidth) || directory.has(.tileLength)
    if isTiled {
      pieceSize = ImageSize(
        width: try directory.integer(.tileWidth), height: try directory.integer(.tileLength))
    } else {
      let rows = try directory.integer(.rowsPerStrip, missing: size.height)
      pieceSize = ImageSize(width: size.width, height: min(rows, size.height))
    }
    try Self.check(pieceSize, isTiled: isTiled)
    guard !(isYCbCr && isPlanar) else {
      throw ImageFault("its luma and chroma lie apart, which Graft does not read")
    }
  }

  /// What a decoded pixel takes: of a palette its number and its color.
  func bytesPerPixel(keepingIndices: Bool) -> Int {
    switch content {
    case .palette: keepingIndices ? 1 : 4
    case .gray: bits == 16 ? 3 : 1
    case .rgb, .cmyk: 3
    }
  }

  /// How many pieces a plane has side by side.
  var columns: Int { (size.width + pieceSize.width - 1) / pieceSize.width }
  var rows: Int { (size.height + pieceSize.height - 1) / pieceSize.height }
  /// How many planes there are: one for each sample, or one for all.
  var planes: Int { isPlanar ? samples : 1 }

  /// The bytes of a row of a piece.
  var pieceRowByteCount: Int { (pieceSize.width * bits * (isPlanar ? 1 : samples) + 7) / 8 }

  /// The bytes of a whole piece.
  var pieceByteCount: Int { pieceRowByteCount * pieceSize.height }

  /// How much is read of a piece: all of a tile, the rows inside the image of a strip.
  func rowCount(inPieceAt row: Int) -> Int {
    isTiled ? pieceSize.height : min(pieceSize.height, size.height - row * pieceSize.height)
  }

  private static func check(_ pieceSize: ImageSize, isTiled: Bool) throws(ImageFault) {
    guard pieceSize.width > 0 && pieceSize.height > 0 else {
      throw ImageFault("its header says \(pieceSize), which has no pixels")
    }
    let mostSide = 16_384
    let isLegal =
      !isTiled
      || pieceSize.width % 16 == 0 && pieceSize.height % 16 == 0
        && max(pieceSize.width, pieceSize.height) <= mostSide
    guard isLegal else {
      throw ImageFault("its tiles have \(pieceSize) pixels, which TIFF does not allow")
    }
  }

  private static func content(
    _ photometric: Int, _ compression: Compression, bits: Int, _ directory: TIFFDirectory
  ) throws(ImageFault) -> Content {
    switch photometric {
    case 0: return .gray(isInverted: true)
    case 1: return .gray(isInverted: false)
    case 2: return .rgb
    case 3 where bits <= 8:
      // Three lists, one after the other, of 16 bits each.
      let values = try directory.integers(.colorMap, count: 3 << bits)
      return .palette(
        ColorTable(values.indices.map { UInt8(values[$0 / 3 + ($0 % 3) << bits] >> 8 & 255) }))
    case 5: return .cmyk
    case 6 where compression == .jpeg: return .rgb
    case 6: throw ImageFault("it holds YCbCr without JPEG, which Graft does not read")
    case 8...10: throw ImageFault("its colors are CIE L*a*b*, which Graft does not read")
    default: throw ImageFault("its kind of color, \(photometric), is none that Graft reads")
    }
  }

  /// The compressions that Graft has libtiff undo.
  enum Compression: Int {
    case none = 1
    case fax = 2
    case fax3 = 3
    case fax4 = 4
    case lzw = 5
    case jpeg = 7
    case deflate = 8
    case packBits = 32_773
    case oldDeflate = 32_946

    init(_ number: Int) throws(ImageFault) {
      guard let known = Self(rawValue: number) else {
        let names = [
          6: "JPEG as TIFF 6.0 defined it first", 34_925: "LZMA", 50_000: "Zstandard",
          50_001: "WebP", 34_887: "LERC", 34_712: "JPEG 2000", 34_661: "JBIG",
        ]
        throw ImageFault(
          "it is compressed by \(names[number] ?? "method \(number)"), which Graft does not decode",
          help: "save it with LZW or deflate, or as PNG")
      }
      self = known
    }

    /// The most bytes that `count` bytes can stand for in rows of `rowByteCount`.
    ///
    /// A fax codes a row in one bit at the least; a JPEG may end early and is left to its decoder.
    func mostBytes(from count: Int, rowByteCount: Int) -> Int {
      switch self {
      case .none: count
      case .packBits: count * 64
      case .lzw: count * 2_800 + 4_096
      case .deflate, .oldDeflate: count * 1_100
      case .fax, .fax3, .fax4: count * 8 * rowByteCount
      case .jpeg: .max
      }
    }
  }
}
