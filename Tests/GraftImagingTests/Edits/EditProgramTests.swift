import GraftBase
import Testing

@testable import GraftImaging

/// Folding edits into fewer passes changes no byte.
@Suite struct EditProgramTests {
  private static let small = Preprocessing(
    inputSize: 24, resizeShortSide: 28, mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3])

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
    var preprocessing = Self.small
    preprocessing.channels = channels
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
            == Self.written(expected, EditProgram([]), preprocessing))
      }
    }
  }

  private static func written(
    _ image: Image, _ program: EditProgram, _ preprocessing: Preprocessing
  ) -> [Float] {
    let count = preprocessing.floatCount(for: preprocessing.outputSize)
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      program.write(
        image, normalisedFor: preprocessing,
        into: UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
      initialized = count
    }
  }

  @Test func aCropAFlipAndColoursAreTwoPasses() throws {
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

  @Test func aFlipDoesNotPassNeighbourhoodOperations() throws {
    // Noise lies at places: turned over after it, the picture is another one.
    let draw = try Pipeline(line: "crop(0.5..1) noise flip(p=1)").trainingDraw(
      size: ImageSize(width: 80, height: 60), key: SampleKey(seed: 1, sample: 2),
      preprocessing: Self.small)
    #expect(draw.program.passes.map(\.description).suffix(2) == ["noise", "flip"])
  }
}
