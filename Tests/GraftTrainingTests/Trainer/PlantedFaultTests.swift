import GraftBase
import GraftEngine
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftModels
@testable import GraftTraining

/// Numbers that are not finite, planted where they can appear: each is named, none becomes a result.
@Suite struct PlantedFaultTests {
  private func measure(_ model: Model, _ source: ToyBatches) throws -> Evaluation? {
    let pool = ThreadPool(threads: 1)
    defer { pool.shutDown() }
    return try Evaluator(model, pool: pool).measure(source)
  }

  /// Every parameter of the model, one after the other: 17 of them.
  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func everyParameterIsNamed(value: Float) throws {
    let pool = ThreadPool(threads: 1)
    defer { pool.shutDown() }
    let names = try ToyEncoder.model().parameters.map(\.name)
    #expect(names.count == 17)
    for name in names {
      let model = try ToyEncoder.model()
      try model.requireFiniteWeights(pool: pool)
      model.parameter(name)?.slice.pointer[0] = value
      let error = #expect(throws: GraftError.self) { try model.requireFiniteWeights(pool: pool) }
      #expect(error?.message == "the weights in \(name) are not finite; toy cannot compute with it")
    }
  }

  @Test(arguments: ["stem", "layer1", "layer2"])
  func aNegativeVarianceIsNamed(layer: String) throws {
    let pool = ThreadPool(threads: 1)
    defer { pool.shutDown() }
    let model = try ToyEncoder.model()
    model.parameter("\(layer).bn.running_var")?.slice.pointer[1] = -1
    let error = #expect(throws: GraftError.self) { try model.requireFiniteWeights(pool: pool) }
    #expect(
      error?.message
        == "a variance in \(layer).bn.running_var is below 0; toy cannot compute with it")
  }

  /// Values that are finite and whose products are not.
  @Test func anEvaluationNamesTheLayerThatOverflows() throws {
    let model = try ToyEncoder.model()
    model.parameter("layer2.conv.weight")?.slice.fill(3e38)
    model.parameter("layer2.bn.running_var")?.slice.fill(1e-30)
    let error = #expect(throws: GraftError.self) { try measure(model, ToyBatches([5, 4])) }
    #expect(
      error?.message.hasPrefix("the prediction is not finite, first at layer2.") == true,
      "\(error?.message ?? "")")
  }

  @Test func anEvaluationNamesTheImage() throws {
    let source = ToyBatches([5, 4], isShuffled: false)
    source.poisoned = [7]
    let error = #expect(throws: GraftError.self) { try measure(try ToyEncoder.model(), source) }
    #expect(
      error?.message
        == "the prediction is not finite, first at the images themselves; image: toy/7.png")
  }

  @Test func aValidationThatIsNotFiniteLeavesTheLastGoodEpoch() throws {
    let model = try ToyEncoder.model()
    let pool = ThreadPool(threads: 1)
    defer { pool.shutDown() }
    let settings = TrainerTests.settings(epochs: 4)
    let validation = ToyBatches([5, 4], isShuffled: false)
    let trainer = try Trainer(
      PreparedPhase(TrainingPhase(Policy(.uniform(0.02)), settings), of: model, batchCount: 3),
      training: ToyBatches(TrainerTests.sizes), validation: validation, pool: pool)
    var hashes: [String] = []
    let error = #expect(throws: GraftError.self) {
      try trainer.run {
        if case .epoch = $0 {
          hashes.append(model.weightsHash.hex)
          if hashes.count == 2 { validation.poisoned = [2] }
        }
        return .continue
      }
    }
    #expect(
      error?.message == "the validation of epoch 3 is not finite, first at the images themselves; "
        + "image: toy/2.png. The weights are those after update 6", "\(error?.message ?? "")")
    #expect(hashes.count == 2 && model.weightsHash.hex == hashes.last)
    let state = trainer.state()
    #expect(state.progress.step == 6 && state.progress.history.count == 2)
    #expect(state.progress.history.allSatisfy { $0.validationLoss?.isFinite == true })
  }

  @Test func aRateOfTenToTheThirtyIsRefused() throws {
    let model = try ToyEncoder.model()
    let pool = ThreadPool(threads: 1)
    defer { pool.shutDown() }
    let error = #expect(throws: GraftError.self) {
      try TrainerTests.trainer(model, Policy(.uniform(1e30))).run()
    }
    #expect(error?.message == "a learning rate of 1e+30 cannot train")
  }

  @Test func aBatchNormOverOneValueIsRefused() throws {
    let spec = try Encoders.named("resnet18")
    let model = try Model(
      recording: spec, head: .linear(dropout: 0), classes: ["a", "b"],
      input: spec.input.resized(to: 32))
    let phase = try PreparedPhase(
      TrainingPhase(.uniform, TrainerTests.settings()), of: model, batchCount: 3)
    try phase.requireStatistics(ofBatch: 2)
    let error = #expect(throws: GraftError.self) { try phase.requireStatistics(ofBatch: 1) }
    #expect(
      error?.message == "layer4.0.bn1 would normalize one value per channel in a batch of 1: "
        + "its mean is the value itself and its variance is 0", "\(error?.message ?? "")")
    let frozen = try PreparedPhase(
      TrainingPhase(.headOnly, TrainerTests.settings()), of: model, batchCount: 3)
    try frozen.requireStatistics(ofBatch: 1)
  }
}
