import GraftBase
import GraftKernels
import GraftModels
import Testing

@testable import GraftTraining

/// `keep=best`: a run ends with the weights of its best epoch.
@Suite struct KeptEpochTests {
  /// A rate that wrecks the model soon, so that an early epoch stays the best.
  private let steep = Policy(.uniform(0.5))

  private static func settings(_ kept: KeptEpoch?) -> TrainingSettings {
    var settings = TrainerTests.settings(epochs: 6)
    settings.schedule = Choice("constant")
    settings.kept = kept
    return settings
  }

  @Test func theBestEpochIsKeptAndMeasured() throws {
    var hashes: [String] = []
    let model = try ToyEncoder.model()
    let result = try TrainerTests.trainer(model, steep, settings: Self.settings(.best)).run {
      if case .epoch = $0 { hashes.append(model.weightsHash.hex) }
      return .continue
    }
    let last = try TrainerTests.trainer(
      ToyEncoder.model(), steep, settings: Self.settings(nil)
    ).run()
    let best = try #require(result.bestEpoch)
    #expect(best < 6, "the rate does not wreck the model")
    #expect(result.ending == .completed && result.endsWithBest && !last.endsWithBest)
    #expect(result.weightsHash == hashes[best - 1] && last.weightsHash == hashes[5])
    #expect(result.history == last.history, "what is kept changes no update")
    #expect(result.validation?.accuracy == result.history[best - 1].validationAccuracy)
    #expect(result.validation?.meanLoss == result.history[best - 1].validationLoss)
  }

  @Test func itIsSaidBeforeTheFirstUpdate() throws {
    var said: [String] = []
    _ = try TrainerTests.trainer(
      ToyEncoder.model(), steep, settings: Self.settings(.best)
    ).run {
      if case .remark(let remark) = $0 { said.append(remark) }
      if case .progress = $0 { return .stop }
      return .continue
    }
    #expect(said == ["the weights of the epoch with the best validation score are kept"])
  }

  @Test(arguments: 1...18, [1, 2])
  func stoppingAtAnyStepAndResumingChangesNothing(step: Int, threads: Int) throws {
    let settings = Self.settings(.best)
    let expected = try TrainerTests.trainer(ToyEncoder.model(), steep, settings: settings).run()
    let first = try TrainerTests.trainer(ToyEncoder.model(), steep, settings: settings)
    _ = try first.run { event in
      if case .progress(let progress) = event, progress.step == step { return .stop }
      return .continue
    }
    let stored = try RunState(fileBytes: first.state().fileBytes(), name: "last")
    let resumed = try TrainerTests.trainer(
      ToyEncoder.model(), steep, settings: settings, threads: threads, resuming: stored)
    defer { resumed.pool.shutDown() }
    let result = try resumed.run()
    #expect(result.weightsHash == expected.weightsHash)
    #expect(result.history == expected.history && result.validation == expected.validation)
  }

  @Test func aStateAfterTheLastEpochEndsWithTheBest() throws {
    let settings = Self.settings(.best)
    let first = try TrainerTests.trainer(ToyEncoder.model(), steep, settings: settings)
    var atEnd: RunState?
    let expected = try first.run {
      if case .epoch(let record) = $0, record.epoch == 6 { atEnd = first.rollback }
      return .continue
    }
    let state = try #require(atEnd)
    let result = try TrainerTests.trainer(
      ToyEncoder.model(), steep, settings: settings, resuming: state
    ).run()
    #expect(result.weightsHash == expected.weightsHash)
    #expect(result.validation == expected.validation)
  }
}
