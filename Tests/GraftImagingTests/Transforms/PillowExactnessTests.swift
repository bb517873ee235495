import GraftBase
import Testing

@testable import GraftImaging

/// Byte equality with Pillow 13 and torchvision on every kind of image.
@Suite struct PillowExactnessTests {
  private static let operations = [
    "brightness", "contrast", "saturation", "sharpness", "posterize", "solarize", "solarizeAdd",
    "gamma", "invert", "autocontrast", "equalize", "grayscale", "hue", "flip", "vflip", "pad",
    "padCrop", "resizedCrop", "resize", "rotate", "affine", "composed", "policy",
  ]

  @Test(arguments: operations)
  func bytesEqualTheReference(operation: String) throws {
    let oracle = try TransformOracle.load()
    let images = try oracle.images()
    let cases = oracle.cases.filter { $0.op == operation }
    #expect(!cases.isEmpty)
    for example in cases { try Self.expectEqual(example, images) }
  }

  /// Fails unless the case's image has the size and the very bytes that Pillow got.
  static func expectEqual(_ example: TransformOracle.Case, _ images: [String: Image]) throws {
    try example.expectEqual(result(of: example, on: #require(images[example.input])))
  }

  @Test func everyCaseOfTheFixtureIsTested() throws {
    let recorded = Set(try TransformOracle.load().cases.map(\.op))
    #expect(recorded == Set(Self.operations))
  }

  private static func result(of example: TransformOracle.Case, on image: Image) throws -> Image {
    let n = example.numbers
    let integers = n.map { Int($0) }
    switch example.op {
    case "brightness": return image.applying(.brightness(n[0]))
    case "contrast": return image.applying(.blend(from: image.meanLuma, factor: n[0]))
    case "saturation": return image.withSaturation(n[0])
    case "sharpness": return image.withSharpness(n[0])
    case "posterize": return image.applying(.posterize(bits: integers[0]))
    case "solarize": return image.applying(.solarize(threshold: n[0]))
    case "solarizeAdd": return image.applying(.solarizeAdd(integers[0]))
    case "gamma": return image.applying(.gamma(n[0]))
    case "invert": return image.applying(.invert)
    case "autocontrast": return image.applying(.autoContrast(Histogram(image)))
    case "equalize": return image.applying(.equalize(Histogram(image)))
    case "grayscale": return image.grayscaled()
    case "hue": return image.withHueTurned(by: n[0])
    case "flip": return image.oriented(.flippedHorizontally)
    case "vflip": return image.oriented(.flippedVertically)
    default: return try geometricResult(of: example, on: image)
    }
  }

  private static func geometricResult(
    of example: TransformOracle.Case, on image: Image
  ) throws -> Image {
    let n = example.numbers
    let integers = n.map { Int($0) }
    switch example.op {
    case "pad":
      let frame = integers[0]
      let box = ImageBox(
        x: -frame, y: -frame, width: image.width + 2 * frame, height: image.height + 2 * frame)
      return image.window(box, fill: FillColor(gray: UInt8(integers[1])))
    case "padCrop":
      let box = ImageBox(
        x: integers[2] - integers[0], y: integers[3] - integers[0],
        width: integers[4] - integers[2], height: integers[5] - integers[3])
      return image.window(box, fill: FillColor(gray: UInt8(integers[1])))
    case "resizedCrop":
      let box = ImageBox(
        x: integers[0], y: integers[1], width: integers[2] - integers[0],
        height: integers[3] - integers[1])
      let crop = try Crop(CheckedCall("crop(scale=0.5..1)").arguments)
      let target = ImageSize(width: integers[4], height: integers[5])
      return crop.apply(image, .init(box: box, outputSize: target))
    case "resize":
      let filter = try #require(ResizeFilter(rawValue: example.words[0]))
      return image.resized(
        to: ImageSize(width: integers[0], height: integers[1]), filter: filter)
    case "rotate":
      return Edit.rotation(
        degrees: n[0], size: image.size, expands: n[1] == 1, filter: try filter(example),
        border: .constant, fill: FillColor(gray: UInt8(n[2]))
      ).applied(to: image)
    case "affine":
      return image.warped(
        by: AffineMap(n[0], n[1], n[2], n[3], n[4], n[5]),
        to: ImageSize(width: integers[6], height: integers[7]), filter: try filter(example),
        fill: FillColor(gray: UInt8(n[8])))
    case "composed":
      let map = AffineMap.composed(
        degrees: n[0], shiftX: n[1], shiftY: n[2], scale: n[3], shearX: n[4], shearY: n[5],
        size: image.size)
      return image.warped(by: map, filter: try filter(example), fill: .black)
    default:
      let operation = try #require(PolicyOperation(rawValue: example.words[0]))
      return PolicyStep(operation, n[0]).applied(to: image, fill: .black)
    }
  }

  private static func filter(_ example: TransformOracle.Case) throws -> WarpFilter {
    try #require(WarpFilter(rawValue: example.words[0]))
  }
}
