import GraftBase
import GraftEngine
import GraftKernels
import GraftModels
import Testing

@testable import GraftTraining

/// `ema=`: what is validated and kept are moving averages of the weights.
@Suite struct WeightAveragesTests {
  private struct Reference: Decodable {
    let decay: Double
    let start: [String: [Float]]
    /// After each update.
    let weights: [[String: [Float]]]
    let torch: [String: [Float]]
    let timm: [String: [Float]]
  }

  /// 50 updates beside torch's `AveragedModel` and timm's `ModelEmaV3` (`make_loop.py`).
  @Test(arguments: [1, 2])
  func equalsTorchAndTimm(threads: Int) throws {
    let reference = try fixture("averages", as: Reference.self)
    let names = reference.start.keys.sorted()
    let parameters = try names.map { name in
      let values = try #require(reference.start[name])
      let parameter = Parameter(name: name, role: .weight, torchShape: Shape([values.count]))
      for (place, value) in values.enumerated() { parameter.slice.pointer[place] = value }
      return parameter
    }
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    let averages = WeightAverages(of: parameters, decay: reference.decay)
    for (step, weights) in reference.weights.enumerated() {
      for parameter in parameters {
        for (place, value) in try #require(weights[parameter.name]).enumerated() {
          parameter.slice.pointer[place] = value
        }
      }
      averages.add(step: step, pool: pool)
    }
    #expect(reference.weights.count == 50)
    for name in names {
      let own = try #require(averages.values[name]).slice.buffer
      for expected in [reference.torch, reference.timm] {
        let values = try #require(expected[name])
        #expect(zip(own, values).allSatisfy { abs($0 - $1) < 1e-5 }, "\(name)")
      }
    }
  }

  @Test(arguments: [(5, 0.0), (10, 0), (20, 0.5), (100, 0.9), (1000, 0.99), (1_000_000, 0.9999)])
  func theDecayFitsTheRun(steps: Int, decay: Double) {
    #expect(abs(WeightAverages.decay(fitting: steps) - decay) < 1e-12)
  }

  private static let policy = Policy(.uniform(0.02))

  private static func settings(
    _ averaging: WeightAveraging? = .decay(0.8), kept: KeptEpoch? = nil, patience: Int? = nil
  ) -> TrainingSettings {
    var settings = TrainerTests.settings(epochs: 4)
    settings.averaging = averaging
    settings.kept = kept
    settings.patience = patience
    return settings
  }

  @Test func aRunEndsWithTheAveragesAndTheLastStatistics() throws {
    let model = try ToyEncoder.model()
    let trained = model.parameters.filter(\.canTrain)
    let moving = model.parameters.filter { !$0.canTrain }
    var averages = trained.map { Array($0.slice.buffer) }
    var statistics: [[Float]] = []
    var step = 0
    let result = try TrainerTests.trainer(model, Self.policy, settings: Self.settings()).run {
      guard case .progress = $0 else { return .continue }
      let share = Float(1 - min(0.8, Double(1 + step) / Double(10 + step)))
      for (index, parameter) in trained.enumerated() {
        for (place, weight) in parameter.slice.buffer.enumerated() {
          averages[index][place] += share * (weight - averages[index][place])
        }
      }
      statistics = moving.map { Array($0.slice.buffer) }
      step += 1
      return .continue
    }
    #expect(step == 12 && result.ending == .completed)
    for (parameter, average) in zip(trained, averages) {
      #expect(
        zip(parameter.slice.buffer, average).allSatisfy { abs($0 - $1) < 1e-6 },
        "\(parameter.name)")
    }
    #expect(moving.map { Array($0.slice.buffer) } == statistics)
    #expect(result.validation?.meanLoss == result.history.last?.validationLoss)
    let plain = try TrainerTests.trainer(
      ToyEncoder.model(), Self.policy, settings: Self.settings(nil)
    ).run()
    #expect(plain.history.map(\.trainLoss) == result.history.map(\.trainLoss), "same updates")
    #expect(plain.weightsHash != result.weightsHash)
    #expect(plain.history.map(\.validationLoss) != result.history.map(\.validationLoss))
  }

  @Test func whatIsFrozenStaysAsItWas() throws {
    let result = try TrainerTests.trainer(
      ToyEncoder.model(), .headOnly, settings: Self.settings(.fitted)
    ).run()
    #expect(result.freezeProof.holds && result.freezeProof.frozenCount > 0)
    #expect(result.freezeProof.unchangedTrainable.isEmpty)
  }

  private static let ways = [
    settings(), settings(.fitted, kept: .best), settings(patience: 1),
  ]

  @Test(arguments: 0...12, ways)
  func stoppingAtAnyStepAndResumingChangesNothing(step: Int, settings: TrainingSettings) throws {
    func trainer(_ threads: Int = 1, from state: RunState? = nil) throws -> Trainer {
      try TrainerTests.trainer(
        ToyEncoder.model(dropout: 0.2), Self.policy, settings: settings, threads: threads,
        resuming: state)
    }
    let expected = try trainer().run()
    let first = try trainer()
    var seen = 0
    _ = try first.run { event in
      if case .progress = event { seen += 1 }
      return seen >= step ? .stop : .continue
    }
    let stored = try RunState(fileBytes: first.state().fileBytes(), name: "last")
    guard stored.progress.step < expected.step else { return }
    for threads in [1, 2] {
      let resumed = try trainer(threads, from: stored)
      defer { resumed.pool.shutDown() }
      let result = try resumed.run()
      #expect(result.weightsHash == expected.weightsHash)
      #expect(result.history == expected.history && result.validation == expected.validation)
    }
  }

  @Test(arguments: [nil, KeptEpoch.best])
  func aStateAfterTheLastEpochEndsAlike(kept: KeptEpoch?) throws {
    let settings = Self.settings(kept: kept)
    let first = try TrainerTests.trainer(ToyEncoder.model(), Self.policy, settings: settings)
    var atEnd: RunState?
    let expected = try first.run {
      if case .epoch(let record) = $0, record.epoch == 4 { atEnd = first.rollback }
      return .continue
    }
    let state = try #require(atEnd)
    let whole = try TrainerTests.trainer(
      ToyEncoder.model(), Self.policy, settings: settings, resuming: state
    ).run()
    #expect(whole.weightsHash == expected.weightsHash)
    if kept == nil {
      let model = try ToyEncoder.model()
      try state.averaged.fill(model)
      #expect(model.weightsHash.hex == expected.weightsHash)
    }
    let taken = try TrainerTests.trainer(
      ToyEncoder.model(), Self.policy, settings: settings, resuming: first.state()
    ).concluded(as: .completed)
    #expect(taken.weightsHash == expected.weightsHash && taken.validation == expected.validation)
  }

  @Test func aStateWithoutAveragesIsRefused() throws {
    let plain = try TrainerTests.trainer(
      ToyEncoder.model(), Self.policy, settings: Self.settings(nil))
    _ = try plain.run()
    #expect {
      try TrainerTests.trainer(
        ToyEncoder.model(), Self.policy, settings: Self.settings(), resuming: plain.state())
    } throws: {
      ($0 as? GraftError)?.message == "the checkpoint's averages of weights do not fit the run"
    }
  }
}
