import Foundation
import GraftBase
import Testing

@testable import GraftImaging

/// Byte equality of operations with Pillow 13, torchvision and numpy on every kind of image.
@Suite struct OperationExactnessTests {
  private static let operations = [
    "perspective", "turn", "centerCrop", "border", "boxBlur", "pillowBlur", "magnified", "jpeg",
    "channels", "lighting", "photometric",
  ]

  @Test(arguments: operations)
  func bytesEqualTheReference(operation: String) throws {
    let oracle = try OperationOracle.load()
    let images = try TransformOracle.load().images()
    let cases = oracle.cases.filter { $0.op == operation }
    #expect(!cases.isEmpty)
    for example in cases { try Self.expectEqual(example, images) }
  }

  /// Fails unless the case's image has the size and the very bytes of the reference.
  static func expectEqual(_ example: TransformOracle.Case, _ images: [String: Image]) throws {
    try example.expectEqual(result(of: example, on: #require(images[example.input])))
  }

  @Test func everyCaseOfTheFixtureIsTested() throws {
    #expect(Set(try OperationOracle.load().cases.map(\.op)) == Set(Self.operations))
  }

  private static func result(
    of example: TransformOracle.Case, on image: Image
  ) throws -> Image {
    let n = example.numbers
    let integers = n.map { Int($0) }
    switch example.op {
    case "perspective":
      let filter = try #require(WarpFilter(rawValue: example.words[0]))
      return image.warped(
        by: .perspective(PerspectiveMap(Array(n[0..<8]))), filter: filter,
        fill: FillColor(gray: UInt8(n[8])))
    case "turn":
      return image.oriented(.turned(quarters: integers[0]))
    case "centerCrop":
      let target = ImageSize(width: integers[0], height: integers[1])
      return image.window(CenterCrop.box(of: target, in: image.size))
    case "border":
      let box = ImageBox(
        x: -integers[0], y: -integers[1], width: image.width + integers[0] + integers[2],
        height: image.height + integers[1] + integers[3])
      let border = try #require(Border(rawValue: example.words[0]))
      return image.window(box, border: border, fill: FillColor(gray: UInt8(n[4])))
    case "boxBlur": return image.boxBlurred(radius: Float(n[0]))
    case "pillowBlur": return image.blurred(sigma: n[0], kernel: .box)
    case "magnified":
      let magnification = Magnification(
        size: ImageSize(width: integers[0], height: integers[1]),
        window: ImageBox(x: integers[2], y: integers[3], width: image.width, height: image.height),
        fill: .black)
      let filter = try #require(ResizeFilter(rawValue: example.words[0]))
      return magnification.edits(from: image.size, filter: filter)
        .reduce(image) { $1.applied(to: $0) }
    case "jpeg": return image.compressed(quality: integers[0])
    case "channels": return image.withChannels(integers)
    case "lighting": return image.relit(n)
    default:
      let contrast = ColorJitter.Change(kind: .contrast, amount: n[1])
      let early: [ColorJitter.Change] = n[4] == 1 ? [contrast] : []
      let changes: [ColorJitter.Change] =
        [.init(kind: .brightness, amount: n[0])] + early
        + [.init(kind: .saturation, amount: n[2]), .init(kind: .hue, amount: n[3])]
        + (early.isEmpty ? [contrast] : [])
      return changes.map(\.edit).reduce(image) { $1.applied(to: $0) }
        .withChannels(Array(integers[5...]))
    }
  }
}

/// Operations that are within one level of the reference.
@Suite struct OperationNearnessTests {
  @Test func motionBlursAreOpenCVs() throws {
    try Self.forEach("motion") { example, image, expected in
      let n = example.numbers
      let kernel = MotionKernel(side: Int(n[0]), degrees: n[1], direction: n[2])
      let result = image.blurred(by: kernel)
      let worst = zip(result.pixels, expected).map { abs(Int($0) - Int($1)) }.max() ?? 0
      #expect(worst <= 1, "motion\(n) on \(example.input)")
    }
  }

  /// torchvision's tensors: the rim fades into the fill, values are rounded.
  @Test func blendedBordersAreTorchvisions() throws {
    try Self.forEach("blend") { example, image, expected in
      let result = Edit.rotation(
        degrees: example.numbers[0], size: image.size, expands: false, filter: .bilinear,
        border: .blend, fill: .black
      ).applied(to: image)
      let worst = zip(result.pixels, expected).map { abs(Int($0) - Int($1)) }.max() ?? 0
      #expect(worst <= 1, "rotate\(example.numbers) on \(example.input)")
    }
  }

  @Test func fineHuesAreTorchvisions() throws {
    try Self.forEach("hue") { example, image, expected in
      let result = image.withHueTurnedFinely(by: example.numbers[0])
      let worst = zip(result.pixels, expected).map { abs(Int($0) - Int($1)) }.max() ?? 0
      #expect(worst <= 1, "hue\(example.numbers) on \(example.input)")
      #expect(image.withHueTurnedFinely(by: 0) == image)
    }
  }

  /// torchvision blends with the fill over a rim of one pixel; inside, only rounding differs.
  @Test func displacementsAreTorchvisionsInside() throws {
    try Self.forEach("elastic") { example, image, expected in
      let field = Self.waves(image.size)
      let result = image.warped(by: .displacement(field), filter: .bilinear, fill: .black)
      var compared = 0
      for y in 0..<image.height {
        for x in 0..<image.width {
          let shift = SIMD2<Double>(field.shifts[y * image.width + x])
          let source = SIMD2(Double(x), Double(y)) + shift
          guard source.x >= 0, source.x <= Double(image.width - 1), source.y >= 0,
            source.y <= Double(image.height - 1)
          else { continue }
          compared += 1
          for channel in 0..<image.channels {
            let index = (y * image.width + x) * image.channels + channel
            #expect(abs(Int(result.pixels[index]) - Int(expected[index])) <= 1)
          }
        }
      }
      #expect(compared > image.width * image.height / 2)
    }
  }

  private static func waves(_ size: ImageSize) -> DisplacementField {
    DisplacementField(
      width: size.width, height: size.height,
      shifts: (0..<size.width * size.height).map { index in
        let (x, y) = (Double(index % size.width), Double(index / size.width))
        return SIMD2(
          Float(1.5 * sin(0.7 * x + 0.3 * y)), Float(1.2 * cos(0.4 * x - 0.5 * y)))
      })
  }

  private static func forEach(
    _ operation: String, _ body: (OperationOracle.Near, Image, ArraySlice<UInt8>) throws -> Void
  ) throws {
    let oracle = try OperationOracle.load()
    let images = try TransformOracle.load().images()
    let bytes = [UInt8](try TransformOracle.data("near.bin"))
    let cases = oracle.near.filter { $0.op == operation }
    #expect(!cases.isEmpty)
    for example in cases {
      let image = try #require(images[example.input])
      let expected = bytes[example.offset..<(example.offset + image.pixels.count)]
      try body(example, image, ArraySlice(Array(expected)))
    }
  }
}
