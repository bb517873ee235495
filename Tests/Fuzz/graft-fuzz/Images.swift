import GraftBase
import GraftImaging

extension FuzzedParser {
  /// Every image format: the header, the whole image and a part of it, in color and as class numbers.
  static let images: [FuzzedParser] = ReadableKind.allCases.map { kind in
    FuzzedParser(
      name: kind.rawValue.lowercased(),
      fixtures: kind.suffixes.flatMap { suffix in
        ["Codecs", "Formats"].map { ("Tests/GraftImagingTests/Fixtures/\($0)", suffix) }
      }
    ) { bytes in
      let size = try ImageCodec.readSize(bytes, name: "x", limits: limits)
      // One way to ask for it in each round: an error of one must not hide the others.
      let way = bytes.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
      switch way % 4 {
      case 0: try readParts(bytes, size, exact: kind == .png || kind == .bmp || kind == .gif)
      case 1:
        _ = try ImageCodec.decode(
          bytes, name: "x", limits: limits, keepsGray: true, keepsIndices: true)
      case 2:
        _ = try ImageCodec.grayPeak(bytes, name: "x", limits: limits)
        _ = try ImageCodec.decode(bytes, name: "x", limits: limits, grayRange: 0...4095)
      default:
        let half = ImageSize(width: (size.width + 1) / 2, height: (size.height + 1) / 2)
        _ = try ImageCodec.decode(bytes, name: "x", atLeast: half, limits: limits)
      }
    }
  }

  /// Small, so that large claims are refused as they are by the standard limits, only sooner.
  private static let limits: ImageLimits = {
    var limits = ImageLimits.standard
    limits.maximumPixels = 1 << 20
    limits.maximumDecodeBytes = 16 << 20
    return limits
  }()

  /// The whole image, then its lower right quarter, which has the same pixels.
  private static func readParts(_ bytes: [UInt8], _ size: ImageSize, exact: Bool) throws {
    let whole = try ImageCodec.decode(bytes, name: "x", limits: limits)
    require(whole.size == size, "the header says \(size), the image has \(whole.size)")
    let box = ImageBox(
      x: size.width / 2, y: size.height / 2, width: size.width - size.width / 2,
      height: size.height - size.height / 2)
    let part = try ImageCodec.decode(bytes, name: "x", region: box, limits: limits)
    require(part.size == box.size, "a part has \(part.size), asked for were \(box.size)")
    if exact { require(part == whole.cropped(box), "a part has other pixels than the whole") }
  }
}
