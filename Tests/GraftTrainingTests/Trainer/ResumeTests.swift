import GraftBase
import GraftEngine
import GraftKernels
import GraftModels
import Testing

@testable import GraftTraining

/// A run that was interrupted and resumed equals one that never was, bit for bit.
@Suite struct ResumeTests {
  private let policy = Policy(.geometric(lowest: 1e-3, highest: 1e-2))

  private func model() throws -> Model { try ToyEncoder.model(dropout: 0.2) }

  private func straight(epochs: Int = 4) throws -> TrainingResult {
    try TrainerTests.trainer(model(), policy, settings: TrainerTests.settings(epochs: epochs))
      .run()
  }

  @Test(arguments: Array(0...12))
  func stoppingAtAnyStepAndResumingChangesNothing(step: Int) throws {
    let settings = TrainerTests.settings(epochs: 4)
    let first = try TrainerTests.trainer(model(), policy, settings: settings)
    var seen = 0
    let stopped = try first.run { event in
      if case .progress = event { seen += 1 }
      return seen >= step ? .stop : .continue
    }
    #expect(stopped.ending == (step == 12 ? .completed : .stopped) || step == 12)
    #expect(stopped.step == step)
    let resumed = try TrainerTests.trainer(
      model(), policy, settings: settings, threads: 2, resuming: first.state())
    let result = try resumed.run()
    let expected = try straight()
    #expect(result.weightsHash == expected.weightsHash)
    #expect(result.history == expected.history)
    #expect(result.validation == expected.validation)
  }

  @Test func stopAtStepEqualsAnInterruption() throws {
    var settings = TrainerTests.settings(epochs: 4)
    let interrupted = try TrainerTests.trainer(model(), policy, settings: settings).run { event in
      if case .progress(let progress) = event, progress.step == 5 { return .stop }
      return .continue
    }
    settings.stopAtStep = 5
    let replayed = try TrainerTests.trainer(model(), policy, settings: settings).run()
    #expect(interrupted.ending == .stopped && replayed.ending == .stopped)
    #expect(interrupted.step == 5 && replayed.step == 5)
    #expect(interrupted.weightsHash == replayed.weightsHash)
    #expect(replayed.validation != nil, "a replay shows how good the weights are")
  }

  @Test func abortGoesBackToTheLastEpoch() throws {
    let settings = TrainerTests.settings(epochs: 4)
    var atEpoch = ""
    let model = try model()
    let trainer = try TrainerTests.trainer(model, policy, settings: settings)
    let result = try trainer.run { event in
      if case .epoch(let record) = event, record.epoch == 2 { atEpoch = model.weightsHash.hex }
      if case .progress(let progress) = event, progress.step == 8 { return .abort }
      return .continue
    }
    #expect(result.ending == .aborted)
    #expect(result.step == 6 && result.history.count == 2)
    #expect(result.weightsHash == atEpoch)
    let resumed = try TrainerTests.trainer(
      self.model(), policy, settings: settings, resuming: trainer.state()
    ).run()
    #expect(try resumed.weightsHash == straight().weightsHash)
  }

  @Test func abortDuringValidationUndoesTheEpoch() throws {
    let model = try model()
    let before = model.weightsHash.hex
    let result = try TrainerTests.trainer(model, policy).run { event in
      if case .evaluating = event { return .abort }
      return .continue
    }
    #expect(result.ending == .aborted && result.step == 0 && result.weightsHash == before)
  }

  @Test func patienceSurvivesAnInterruption() throws {
    var settings = TrainerTests.settings(epochs: 30)
    settings.patience = 2
    settings.schedule = Choice("constant")
    let steep = Policy(.uniform(0.5))
    let expected = try TrainerTests.trainer(model(), steep, settings: settings).run()
    let best = try #require(expected.bestEpoch)
    let first = try TrainerTests.trainer(model(), steep, settings: settings)
    _ = try first.run { event in
      if case .progress(let progress) = event, progress.step == best * 3 + 1 { return .stop }
      return .continue
    }
    let result = try TrainerTests.trainer(
      model(), steep, settings: settings, resuming: first.state()
    ).run()
    #expect(result.weightsHash == expected.weightsHash)
    #expect(result.history == expected.history && result.ending == .outOfPatience)
  }

  @Test func aStateOfAnotherRunIsRefused() throws {
    let first = try TrainerTests.trainer(model(), policy)
    _ = try first.run()
    var other = first.state()
    other.identity["data"] = "flowers"
    #expect {
      try TrainerTests.trainer(model(), policy, resuming: other)
    } throws: {
      ($0 as? GraftError)?.message == "the checkpoint was made with another data"
    }
    #expect(throws: GraftError.self) {
      try TrainerTests.trainer(model(), .headOnly, resuming: first.state())
    }
    var settings = TrainerTests.settings()
    settings.optimizer = Choice("sgd")
    #expect(throws: GraftError.self) {
      try TrainerTests.trainer(model(), policy, settings: settings, resuming: first.state())
    }
  }
}
