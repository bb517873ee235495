import GraftBase
import Testing

@testable import GraftImaging

/// Folding edits into fewer passes changes no byte.
@Suite struct EditProgramTests {
  private static let small = ImageInput(
    side: 24, resizeShortSide: 28, mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3])

  private static let lines = [
    "flip crop(0.3..1) flip equalize",
    "crop(0.3..1) brightness contrast(0.5) autocontrast flip solarize(100..200)",
    "crop equalize(p=1) flip(p=1) contrast(0.9..1.1) posterize(3..5) crop(4)",
    "crop(4) flip jitter(0.4, 0.4, 0.4, 0.1) gamma invert",
    "flip(p=1) vflip(p=1) rotate(90..90) crop(0.5..0.6) equalize autocontrast equalize",
    "randaugment(n=6, m=20) flip randaugment(n=6, m=12) noise",
    "some(3, flip, blur, equalize, contrast(0.8), cutout, rotate(15)) crop(0.4..0.9) flip",
    "resize(40) crop flip(p=1) translate(0.2) crop(0.4)",
    "none",
  ]

  @Test(arguments: lines, [1, 3])
  func passesGiveTheBytesOfTheEditsInTurn(line: String, channels: Int) throws {
    let pipeline = line == "none" ? Pipeline.none : try Pipeline(line: line)
    let preprocessing = Self.small.withChannels(channels)
    for (width, height) in [(61, 47), (20, 90)] {
      let image = TransformsTests.texture(width, height, channels)
      for sample in 0..<12 {
        let draw = pipeline.trainingDraw(
          size: image.size, key: SampleKey(seed: 6, sample: sample), preprocessing: preprocessing)
        let expected = draw.edits.reduce(image) { $1.applied(to: $0) }
        #expect(draw.program.run(on: image) == expected)
        #expect(
          draw.edits.reduce(image.size) { $1.outputSize(from: $0) } == preprocessing.outputSize)
        #expect(
          Self.written(image, draw.program, preprocessing)
            == Self.written(expected, EditProgram([], size: expected.size), preprocessing))
      }
    }
  }

  private static func written(
    _ image: Image, _ program: EditProgram, _ preprocessing: ImageInput
  ) -> [Float] {
    let count = preprocessing.floatCount(for: preprocessing.outputSize)
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      program.write(
        image, normalizedFor: preprocessing,
        into: UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
      initialized = count
    }
  }

  @Test func aCropAFlipAndColorsAreTwoPasses() throws {
    let pipeline = try Pipeline(line: "crop(0.3..0.6) flip(p=1) brightness contrast equalize(p=1)")
    let draw = pipeline.trainingDraw(
      size: ImageSize(width: 80, height: 60), key: SampleKey(seed: 1, sample: 2),
      preprocessing: Self.small)
    let passes = draw.program.passes.map(\.description)
    #expect(passes.count == 2)
    #expect(passes[0].hasPrefix("resize ") && passes[0].hasSuffix("mirrored"))
    #expect(passes[1] == "brightness + contrast + equalize (one table)")
    let region = try #require(draw.program.sourceRegion)
    #expect(passes[0].contains(region.text))
  }

  @Test func aFlipDoesNotPassNeighborhoodOperations() throws {
    // Noise lies at places: turned over after it, the image is another one.
    let draw = try Pipeline(line: "crop(0.5..1) noise flip(p=1)").trainingDraw(
      size: ImageSize(width: 80, height: 60), key: SampleKey(seed: 1, sample: 2),
      preprocessing: Self.small)
    #expect(draw.program.passes.map(\.description).suffix(2) == ["noise", "flip"])
  }

  // MARK: Fast

  /// One warp in place of several reads where each of them would have read, up to their rounding.
  @Test func joinedWarpsShowTheSamePlaces() throws {
    let line = "rotate(20) shear(10) vflip(p=1) translate(0.1) flip(p=1) affine(15, scale=0.9..1.1)"
    let filtered = line.replacing("0.1)", with: "0.1, fill=gray)")
    let size = ImageSize(width: 96, height: 72)
    let image = Self.smooth(size)
    for sample in 0..<10 {
      let key = SampleKey(seed: 9, sample: sample)
      let context = TransformContext(outputSize: size)
      let edits = try Pipeline(line: filtered).draw(size: size, key: key, context: context)
        .flatMap { $0.edits ?? [] }
      let joined = EditProgram(edits, size: size, isFast: true)
      #expect(joined.passes.count == 1)
      let exact = EditProgram(edits, size: size).run(on: image)
      let fast = joined.run(on: image)
      // Inside, where no step had to fill, a smooth image differs by what a pixel's step is.
      let middle = ImageBox(x: 36, y: 28, width: 24, height: 16)
      let differences = zip(exact.cropped(middle).pixels, fast.cropped(middle).pixels)
        .map { abs(Int($0) - Int($1)) }
      #expect((differences.max() ?? 0) <= 12)
    }
  }

  /// Each of the eight orientations as a map is the orientation, byte for byte.
  @Test(arguments: Orientation.allCases)
  func orientationsAreMaps(orientation: Orientation) {
    let image = TransformsTests.texture(13, 9, 3)
    let identity = Edit.warp(
      .affine(.identity), size: image.size, filter: .nearest, fill: .black)
    let program = EditProgram(
      [identity, .move(.orient(orientation))], size: image.size, isFast: true)
    #expect(program.passes.count == 1)
    #expect(program.run(on: image) == image.oriented(orientation))
  }

  private static func smooth(_ size: ImageSize) -> Image {
    let pixels = (0..<size.height).flatMap { y in
      (0..<size.width).map { x in UInt8(40 + x + y) }
    }
    return Image(width: size.width, height: size.height, channels: 1, pixels: pixels)
  }
}
