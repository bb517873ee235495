import Foundation
import GraftBase
import Testing

@testable import GraftImaging

@Suite struct PipelineTests {
  private let context = TransformContext(outputSize: ImageSize(width: 24, height: 24))
  private let image = TransformsTests.texture(40, 30, 3)

  private static let lines = [
    "flip", "flip(p=0.5)", "flip crop(0.6..1) rotate(15)", "crop(4) flip", "crop(pad=4) flip",
    "one(rotate(15), blur(1), p=0.8) some(2, flip, invert(p=0.2), one(hue, noise(0.05)))",
    "rotate(15.50, fill=mean) randaugment(n=2, m=9) mixup(0.2) cutmix(p=1e-1)",
    "some(n=1, flip, vflip) brightness(20%) jitter(0.4, hue=0.1)",
    "randaugment(rand-m9-mstd0.5-inc1, p=0.5) autoaugment(v0, mstd=.5) augmix(all=no)",
    "mixup(0.8, element, weight=3) cutmix(minmax=0.2..0.8, mode=element)",
  ]

  @Test(arguments: lines)
  func descriptionReadsBackEqual(line: String) throws {
    let pipeline = try Pipeline(line: line)
    let again = try Pipeline(line: pipeline.description)
    #expect(again == pipeline)
    #expect(again.description == pipeline.description)
  }

  @Test(arguments: lines)
  func survivesJSON(line: String) throws {
    let pipeline = try Pipeline(line: line)
    let copy = try JSONDecoder().decode(Pipeline.self, from: JSONEncoder().encode(pipeline))
    #expect(copy == pipeline)
    #expect(copy.description == pipeline.description)
  }

  @Test func equalityIsAboutImageNotSpelling() throws {
    #expect(try Pipeline(line: "crop(4)") == Pipeline(line: "crop(pad=4)"))
    #expect(try Pipeline(line: "flip") == Pipeline(line: "flip(p=0.50)"))
    #expect(try Pipeline(line: "flip") != Pipeline(line: "flip(p=0.4)"))
    #expect(try Pipeline(line: "one(flip, blur)") != Pipeline(line: "one(flip, invert)"))
    #expect(try Pipeline(line: "mixup(0.2)") != Pipeline(line: "mixup(0.3)"))
    #expect(try Pipeline(line: "") == Pipeline.none)
    #expect(Pipeline.none.isEmpty && Pipeline.none.description == "none")
  }

  @Test func numbersAreWrittenShort() throws {
    let pipeline = try Pipeline(line: "rotate(15.50, p=0.50) crop(scale=.6..1.0) brightness(20%)")
    #expect(pipeline.description == "rotate(15.5, p=0.5) crop(scale=0.6..1) brightness(0.2)")
  }

  // MARK: Draws

  /// Whether each of 2000 samples was flipped by the flips of the line.
  private func flips(_ line: String, epoch: Int = 0) throws -> [[Bool]] {
    let pipeline = try Pipeline(line: line)
    return (0..<2000).map { sample in
      pipeline.draw(
        size: ImageSize(width: 2, height: 1),
        key: SampleKey(seed: 8, epoch: epoch, sample: sample), context: context
      ).filter { $0.name == "flip" }.map(\.isApplied)
    }
  }

  @Test func equalOperationsDrawIndependently() throws {
    let flips = try flips("flip flip")
    for first in [false, true] {
      for second in [false, true] {
        let count = flips.count { $0 == [first, second] }
        #expect(abs(count - 500) < 80)
      }
    }
  }

  @Test func epochsAndSamplesHaveTheirOwnDraws() throws {
    let first = try flips("flip")
    let second = try flips("flip", epoch: 1)
    let same = zip(first, second).count { $0 == $1 }
    #expect(abs(same - 1000) < 100)
  }

  @Test func otherOperationsDoNotShiftDraws() throws {
    let alone = try flips("flip")
    #expect(try flips("flip rotate(15) noise") == alone)
    #expect(try flips("rotate(15) flip") == alone)
    #expect(try flips("flip flip").map { [$0[0]] } == alone)
  }

  @Test func gatesOfZeroAndOneAreCertain() throws {
    #expect(try flips("flip(p=0)").allSatisfy { $0 == [false] })
    #expect(try flips("flip(p=1)").allSatisfy { $0 == [true] })
  }

  @Test func groupsTakeAsManyAsTheySay() throws {
    let one = try Pipeline(line: "one(flip(p=1), vflip(p=1), invert(p=1))")
    let some = try Pipeline(line: "some(2, flip(p=1), vflip(p=1), invert(p=1))")
    var counts: [String: Int] = [:]
    for sample in 0..<3000 {
      let key = SampleKey(seed: 1, sample: sample)
      let single = one.draw(size: image.size, key: key, context: context).map(\.name)
      #expect(single.count == 1)
      counts[single[0], default: 0] += 1
      let pair = some.draw(size: image.size, key: key, context: context).map(\.name)
      #expect(pair.count == 2)
      #expect(["flip", "vflip", "invert"].filter(pair.contains) == pair)
    }
    #expect(counts.count == 3)
    #expect(counts.values.allSatisfy { abs($0 - 1000) < 110 })
  }

  @Test func traceEndsInTheAugmentedImage() throws {
    let pipeline = try Pipeline(line: "flip rotate(15) some(2, blur(1), invert, hue) noise(0.05)")
    for sample in 0..<10 {
      let key = SampleKey(seed: 4, epoch: 2, sample: sample)
      let draw = TrainingDraw(
        size: image.size, preparation: [],
        steps: pipeline.draw(size: image.size, key: key, context: context), completion: [],
        isFast: false)
      let trace = draw.trace(image).steps
      #expect(trace.last?.image == pipeline.apply(to: image, key: key, context: context))
      #expect(trace.map(\.name).starts(with: ["flip", "rotate"]))
      #expect(trace[1].title.hasSuffix("°"))
    }
  }

  // MARK: Editing and presets

  @Test func editingAddsAndRemoves() throws {
    let pipeline = try Pipeline(line: "flip rotate(15)")
    let longer = try pipeline.adding([TransformCall(name: "blur")])
    #expect(longer.description == "flip rotate(15) blur")
    #expect(try longer.removing("rotate").description == "flip blur")
    #expect(throws: GraftError.self) { try pipeline.removing("rotat") }
    do { _ = try pipeline.removing("rotat") } catch {
      #expect(error.help == "did you mean `rotate`?")
    }
  }

  @Test func presetsAreLegal() throws {
    #expect(Pipeline.presets.map(\.name) == ["light", "imagenet", "cifar", "timm"])
    for preset in Pipeline.presets {
      #expect(try Pipeline(preset.calls).description == preset.text)
      #expect(Transforms.named(preset.name) == nil)
    }
  }

  // MARK: Sizes in training

  @Test func trainingStartsFromTheImageThatTheOperationsNeed() throws {
    let small = ImageInput(
      side: 24, resizeShortSide: 28, mean: [0.5, 0.5, 0.5], std: [1, 1, 1])
    let key = SampleKey(seed: 1, sample: 0)
    let evaluation = small.evaluationImage(image)
    #expect(try Pipeline(line: "flip").input == .encoderInput)
    #expect(try Pipeline(line: "flip crop").input == .resized)
    #expect(try Pipeline(line: "one(flip, crop(0.6..1))").input == .source)
    for line in ["flip(p=0)", "crop(p=0)", "crop(0.6..1, p=0)", "one(rotate(15), blur, p=0)"] {
      let pipeline = try Pipeline(line: line)
      #expect(pipeline.trainingImage(from: image, key: key, preprocessing: small) == evaluation)
    }
    for line in [
      "flip", "crop", "crop(0.6..1)", "crop(4)", "rotate(30..30, expand=yes)", "resize(40)",
    ] {
      let pipeline = try Pipeline(line: line)
      let result = pipeline.trainingImage(from: image, key: key, preprocessing: small)
      #expect(result.size == small.outputSize)
      let draw = pipeline.trainingDraw(size: image.size, key: key, preprocessing: small)
      #expect(draw.trace(image).steps.last?.image == result)
    }
    #expect(
      Pipeline.none.trainingImage(from: image, key: key, preprocessing: small) == evaluation)
    #expect(small.context.meanColor == FillColor(gray: 128))
    #expect(ImageInput.imageNet.context.meanColor == .imageNetMean)
  }

  @Test func aResizedCropIsTheCropOfTheSource() throws {
    let key = SampleKey(seed: 3, sample: 5)
    let pipeline = try Pipeline(line: "crop(scale=0.3..0.6)")
    let small = ImageInput(
      side: 24, resizeShortSide: 28, mean: [0.5, 0.5, 0.5], std: [1, 1, 1])
    let title = try #require(
      pipeline.trainingDraw(size: image.size, key: key, preprocessing: small).steps.first?.title)
    let match = try #require(title.wholeMatch(of: /crop (\d+)×(\d+) at \((\d+), (\d+)\)/)).output
    let cropped = try image.cropped(
      x: #require(Int(match.3)), y: #require(Int(match.4)), width: #require(Int(match.1)),
      height: #require(Int(match.2)))
    let result = pipeline.trainingImage(from: image, key: key, preprocessing: small)
    #expect(result == cropped.resized(to: small.outputSize))
  }
}
