import GraftBase
import GraftData
import GraftEngine
import GraftKernels
import Testing

@testable import GraftModels
@testable import GraftTraining

/// `accumulate=N`: one update by the mean gradient of N batches.
@Suite struct AccumulationTests {
  private static func settings(_ batches: Int?, epochs: Int = 3) -> TrainingSettings {
    var settings = TrainerTests.settings(epochs: epochs)
    settings.accumulation = batches
    return settings
  }

  /// Two convolutions without norms.
  private static func plainModel() throws -> Model {
    let formula = "input(16) conv(8) relu pool conv(8) relu gap"
    return try Model(
      spec: Net.spec(NetParser.parse(formula)), head: .linear(),
      classes: ["red", "green", "blue"], seed: 3)
  }

  /// The largest difference between weights after training in small and in large batches.
  private static func difference(
    _ sizes: [Int], accumulating batches: Int, is large: [Int], optimizer: String
  ) throws -> Float {
    let ways: [([Int], Int?)] = [(sizes, batches), (large, nil)]
    let models = try ways.map { sizes, batches in
      var settings = settings(batches)
      settings.optimizer = Choice(optimizer)
      let model = try plainModel()
      let result = try TrainerTests.trainer(
        model, Policy(.uniform(0.01)), settings: settings, training: ToyBatches(sizes)
      ).run()
      #expect(result.step == 3 * large.count && result.totalSteps == 3 * large.count)
      return model
    }
    return zip(models[0].parameters, models[1].parameters).map { one, other in
      zip(one.slice.buffer, other.slice.buffer).map { abs($0 - $1) }.max() ?? 0
    }.max() ?? 0
  }

  @Test(arguments: ["sgd", "nesterov"])
  func equalsLargeBatches(optimizer: String) throws {
    #expect(
      try Self.difference([4, 4, 4, 4], accumulating: 2, is: [8, 8], optimizer: optimizer) < 1e-6)
    #expect(
      try Self.difference([4, 4, 3], accumulating: 2, is: [8, 3], optimizer: optimizer) < 1e-6,
      "the last update of an epoch is of what is left")
    #expect(
      try Self.difference([6, 4, 1], accumulating: 5, is: [11], optimizer: optimizer) < 1e-6,
      "each image counts the same")
  }

  @Test func aSumOfOneBatchIsThatBatch() throws {
    let parameter = try #require(try Self.plainModel().parameters.first)
    let pool = ThreadPool(threads: 1)
    let sum = GradientSum(of: [parameter])
    for value: Float in [3, 1] {
      sum.clear()
      let gradient = Tensor(parameter.value.shape)
      gradient.slice.fill(value)
      sum.add([gradient.slice], images: 4, pool: pool)
      #expect(sum.images == 4 && sum.slice(of: parameter).buffer.allSatisfy { $0 == 4 * value })
    }
  }

  @Test func lossesAndScoresAreThoseOfAllImages() throws {
    let frozen = Policy(.headOnly(1e-12))
    let one = try TrainerTests.trainer(
      ToyEncoder.model(), frozen, settings: Self.settings(2, epochs: 1)
    ).run()
    let other = try TrainerTests.trainer(
      ToyEncoder.model(), frozen, settings: Self.settings(nil, epochs: 1)
    ).run()
    #expect(one.history[0].trainAccuracy == other.history[0].trainAccuracy)
    #expect(abs(one.history[0].trainLoss - other.history[0].trainLoss) < 1e-6)
    #expect(one.step == 2 && other.step == 3)
  }

  @Test(arguments: 0...8, [1, 2])
  func stoppingAtAnyStepAndResumingChangesNothing(step: Int, threads: Int) throws {
    let policy = Policy(.geometric(lowest: 1e-3, highest: 1e-2))
    func trainer(_ threads: Int = 1, from state: RunState? = nil) throws -> Trainer {
      try TrainerTests.trainer(
        ToyEncoder.model(dropout: 0.2), policy, settings: Self.settings(2, epochs: 4),
        threads: threads, resuming: state)
    }
    let expected = try trainer().run()
    #expect(expected.totalSteps == 8)
    let first = try trainer()
    var seen = 0
    let stopped = try first.run { event in
      if case .progress = event { seen += 1 }
      return seen >= step ? .stop : .continue
    }
    #expect(stopped.step == step)
    let stored = try RunState(fileBytes: first.state().fileBytes(), name: "last")
    let resumed = try trainer(threads, from: stored)
    defer { resumed.pool.shutDown() }
    let result = try resumed.run()
    #expect(result.weightsHash == expected.weightsHash)
    #expect(result.history == expected.history && result.validation == expected.validation)
  }

  @Test func aFaultInTheSecondBatchLeavesEverythingAsItWas() throws {
    let source = ToyBatches(TrainerTests.sizes)
    var order = RandomStream(seed: 5, purpose: .order, epoch: 0)
    source.poisoned = [order.permutation(11)[5]]
    let model = try ToyEncoder.model()
    let before = model.weightsHash
    let trainer = try TrainerTests.trainer(model, settings: Self.settings(2), training: source)
    #expect {
      try trainer.run()
    } throws: {
      ($0 as? GraftError)?.message.contains("update 1 (epoch 1, batch 2)") ?? false
    }
    #expect(model.weightsHash == before, "statistics included")
    #expect(trainer.state().progress == RunState.Progress())
  }

  @Test func memoryIsForecastWithTheSum() throws {
    let phases = try [2, nil].map {
      try PreparedPhase(
        TrainingPhase(.uniform, Self.settings($0)), of: ToyEncoder.model(), batchCount: 3)
    }
    let pool = ThreadPool(threads: 1)
    defer { pool.shutDown() }
    let bytes = try phases.map { phase in
      try phase.memoryForecast(
        training: BatchPartition(count: 11, batchSize: 4),
        validation: BatchPartition(count: 9, batchSize: 4), views: nil, cache: nil, resident: 0,
        pool: pool
      ).bytes
    }
    #expect(bytes[0] - bytes[1] == phases[0].policy.trainable.reduce(0) { $0 + 4 * $1.count })
  }
}
