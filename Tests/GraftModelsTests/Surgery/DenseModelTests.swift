import GraftBase
import GraftEngine
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftModels

/// Classifiers at every place of a larger image, against crops of it.
@Suite struct DenseModelTests {
  /// Of its own in each test: a pool runs one loop at a time.
  private let pool = ThreadPool(threads: 2)

  private func model(
    _ text: String, _ head: HeadSpec = .own, classes: Int = 10
  ) throws -> Model {
    let spec = try Net.spec(NetParser.parse(text))
    return try filled(spec, head, classes: classes)
  }

  /// With parameters and running statistics that are all different.
  private func filled(_ spec: EncoderSpec, _ head: HeadSpec = .own, classes: Int) throws -> Model {
    let model = try Model(
      spec: spec, head: head, classes: (0..<classes).map(String.init), seed: 5)
    for parameter in model.parameters where parameter.role != .weight {
      let shape = parameter.torchShape.dimensions
      parameter.setTorchValues(FormulaValues.values(parameter.name, shape))
    }
    return model
  }

  /// What sees the whole image has no scores of parts of it, and tokens are no map.
  @Test(arguments: SmallTransformer.all)
  func transformersAreRefused(_ transformer: SmallTransformer) throws {
    let model = try Model(recording: transformer.spec, head: .linear(), classes: ["a", "b"])
    let isSwin = transformer.spec.family == "Swin"
    #expect(
      graftError { try DenseModel(model) }?.message.hasSuffix(
        isSwin
          ? "the windows of a larger image lie elsewhere than those of its parts"
          : "a class token sees the whole image, so that no position of it has scores of its own")
        == true)
    guard !isSwin else { return }
    let cut = try transformer.spec.cut(behind: "block1")
    for (spec, end) in [(transformer.spec, "a vector"), (cut, "a list of tokens")] {
      let error = graftError {
        try Model(recording: spec, head: .fcn(), classes: ["background", "object"])
      }
      #expect(error?.message.hasSuffix("ends in \(end)") == true)
    }
  }

  private func image(_ side: Int, channels: Int = 3) -> [Float] {
    FormulaValues.uniform("image", side * side * channels).map { 2 * $0 - 1 }
  }

  private func scores(
    of image: [Float], side: Int, by model: Model, stride: Int? = nil
  ) throws -> (DenseScores, DenseScorer) {
    let scorer = try DenseScorer(model, stride: stride, pool: pool)
    let storage = Storage(count: image.count)
    for (place, value) in image.enumerated() { storage.slice.pointer[place] = value }
    return (try scorer.score(storage.slice, [1, side, side, model.input.channels]), scorer)
  }

  /// The model's own logits of each square of its size, `stride` pixels from one to the next.
  private func crops(
    of image: [Float], side: Int, by model: Model, stride: Int, count: Int
  ) throws -> [Float] {
    let (own, channels) = (model.input.side, model.input.channels)
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits],
      inputShapes: ["image": [count * count, own, own, channels]], pool: pool)
    let input = plan.input("image")
    for crop in 0..<count * count {
      let (top, left) = (crop / count * stride, crop % count * stride)
      for y in 0..<own {
        for x in 0..<own * channels {
          input.pointer[(crop * own + y) * own * channels + x] =
            image[((top + y) * side + left) * channels + x]
        }
      }
    }
    plan.forward()
    return Array(plan.value(model.logits).buffer)
  }

  private func expectEqual(_ found: [Float], _ reference: [Float], _ label: String) {
    #expect(found.count == reference.count, "\(label)")
    let largest = reference.reduce(0) { max($0, abs($1)) }
    let error = zip(found, reference).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
    #expect(largest > 0 && error <= 1e-5 * largest, "\(label): \(error) of \(largest)")
  }

  /// Networks without padding: formula, step, and the smallest image that has a score.
  @Test(arguments: [
    ("input(16) conv(6, 3, valid) relu pool conv(8, 3, valid) relu fc(12) relu fc(5)", 2, 16),
    ("input(16) conv(6, 3, 2, valid) bn relu dropout gap fc(5)", 2, 15),
    (
      "input(17) conv(6, 5, valid) relu pool(avg) conv(7, 3, 2, valid) prelu fc(9) bn relu fc", 4,
      14
    ),
    ("input(16) conv(6, 3, valid) pool(3, 2) flatten relu dropout fc(5)", 2, 15),
    ("input(16, 1) conv(4, 7, 3, valid) relu conv(8, 4, valid) tanh fc(6)", 3, 16),
  ])
  func scoresAreThoseOfCrops(_ text: String, _ step: Int, _ window: Int) throws {
    let spec = try Net.spec(NetParser.parse(text))
    let model = try filled(spec, classes: spec.ownClassCount)
    let dense = try DenseModel(model)
    #expect(dense.step == step)
    let side = 31
    let image = image(side, channels: model.input.channels)
    for stride in (1...step).filter({ step % $0 == 0 }) {
      let (scores, _) = try scores(of: image, side: side, by: model, stride: stride)
      // A crop may reach as far as the network's own size, a score only as far as it looks.
      let crops = (side - model.input.side) / stride + 1
      let count = scores.shape[1]
      #expect(count == (side - dense.window) / stride + 1 && count >= crops)
      let classes = model.classes.count
      let inside = (0..<crops * crops).flatMap { place in
        let first = (place / crops * count + place % crops) * classes
        return scores.values[first..<first + classes]
      }
      let reference = try self.crops(
        of: image, side: side, by: model, stride: stride, count: crops)
      expectEqual(inside, reference, "\(text) stride \(stride)")
    }
    #expect(dense.window == window)
  }

  @Test(arguments: [PoolKind.average, .maximum, .both])
  func headsOfAnyPoolingAreApplied(_ pool: PoolKind) throws {
    let model = try model(
      "input(16) conv(6, 3, valid) relu pool", .mlp(hidden: 8, dropout: 0.5, pool: pool))
    let image = image(20)
    let (scores, scorer) = try scores(of: image, side: 20, by: model)
    #expect(scores.shape == [1, 3, 3, 10] && scorer.stride == 2)
    let reference = try crops(of: image, side: 20, by: model, stride: 2, count: 3)
    expectEqual(scores.values, reference, "\(pool)")
  }

  /// Adaptive pooling to 3×3 of a 5×5 map, whose windows overlap, becomes part of the weights.
  @Test func adaptiveAveragesBecomeWeights() throws {
    struct Adaptive: Encoder {
      let layers: Chain

      init(_ scope: Scope, channels: Int) {
        layers = Chain(
          Convolution(scope["conv"], from: channels, to: 4, kernel: 4, stride: 3),
          PlainLayer.relu(scope["relu"]), PlainLayer.adaptiveAveragePool(scope["pool"], size: 3),
          PlainLayer.flatten(scope["flatten"]), Linear(scope["hidden"], from: 36, to: 7),
          PlainLayer.relu(scope["relu2"]))
      }

      func callAsFunction(_ image: Value) throws -> Value { try layers(image) }
    }
    let spec = EncoderSpec(
      name: "adaptive", family: "test", summary: "", parameterCount: 0,
      stages: [.init("all", "conv", "relu", "pool", "flatten", "hidden", "relu2")], featureWidth: 7,
      input: .formula(side: 16, channels: 3), classifierPrefix: ["fc"], linearHeadPath: "fc",
      ownClassCount: 10, makeEncoder: { Adaptive($0, channels: $1) },
      makeOwnHead: { scope, count in
        PooledHead(scope, linear: Linear(scope["fc"], from: 7, to: count))
      })
    let model = try filled(spec, classes: 10)
    let image = image(25)
    let (scores, _) = try scores(of: image, side: 25, by: model)
    #expect(scores.shape == [1, 4, 4, 10])
    let reference = try crops(of: image, side: 25, by: model, stride: 3, count: 4)
    expectEqual(scores.values, reference, "adaptive")
  }

  /// At a network's own size nothing changes, padded or not, with squeeze-and-excitation, and with
  /// a convolution for a classifier.
  @Test(arguments: [
    ("resnet20", 32, 4), ("squeezenet1_1", 48, 16), ("mobilenet_v3_small", 64, 32),
    ("lenet_caffe", 28, 4),
  ])
  func atItsOwnSizeAModelIsItself(_ name: String, _ side: Int, _ step: Int) throws {
    let spec = try EncoderSpec.named(name)
    let model = try Model(
      recording: spec, head: .own, classes: spec.ownClassNames,
      input: spec.input.resized(to: side))
    model.fillByBlocks()
    let image = image(side, channels: model.input.channels)
    let (scores, scorer) = try scores(of: image, side: side, by: model)
    #expect(scores.shape == [1, 1, 1, spec.ownClassCount] && scorer.model.step == step)
    let reference = try crops(of: image, side: side, by: model, stride: 1, count: 1)
    expectEqual(scores.values, reference, name)
  }

  /// The lecture's example; no weights are touched.
  @Test func vgg16Tells36PlacesOf384Pixels() throws {
    let dense = try DenseModel(Model.blank(.named("vgg16")))
    #expect(dense.step == 32 && dense.window == 224)
    #expect(try dense.shape(height: 384, width: 384) == [1, 6, 6, 1000])
    #expect(try dense.shape(height: 384, width: 512) == [1, 6, 10, 1000])
    let kernels = dense.graph.nodes.suffix(5).map(\.op).filter { $0.name == "convolution" }
    #expect(kernels.map(\.window.reach) == [7])
    #expect(
      dense.graph.parameters.first { $0.name == "classifier.0.weight" }?.torchShape
        == [4096, 512, 7, 7])
  }

  @Test func refusesWhatCannotBe() throws {
    let model = try model("input(16) conv(6, 3, valid) relu pool fc(5)", classes: 5)
    let stride = graftError { try DenseScorer(model, stride: 3, pool: pool) }
    #expect(stride?.message.hasPrefix("stride=3 does not divide the 2 pixels between") == true)
    #expect(stride?.help == "use 1, 2")
    let small = graftError { try scores(of: image(15), side: 15, by: model) }
    #expect(small?.message.contains("15×15 pixels is smaller than the 16×16") == true)
    let spec = try EncoderSpec.named("resnet20")
    let pixels = try Model(recording: spec, head: .fcn(), classes: ["a", "b"])
    #expect(
      graftError { try DenseModel(pixels) }?.message
        == "resnet20 predicts one class per pixel for images of any size")
    let local = try self.model("input(16) local(3, 3) relu fc(5)", classes: 5)
    #expect(
      graftError { try DenseModel(local) }?.message.contains("cannot be applied at every position")
        == true)
  }

  @Test func probabilitiesAreMeansOfTheSoftmax() throws {
    let model = try model("input(16) conv(6, 3, valid) relu pool fc(3)", classes: 3)
    let (scores, _) = try scores(of: image(20), side: 20, by: model)
    let all = scores.probabilities(ofImage: 0)
    let mean = scores.meanProbabilities(ofImage: 0)
    for first in stride(from: 0, to: all.count, by: 3) {
      #expect(abs(all[first..<first + 3].reduce(0, +) - 1) < 1e-6)
    }
    for index in 0..<3 {
      let values = stride(from: index, to: all.count, by: 3).map { Double(all[$0]) }
      #expect(abs(Double(mean[index]) - values.reduce(0, +) / 9) < 1e-6)
    }
  }
}
