import GraftBase
import GraftKernels
import GraftModels
import Testing

@testable import GraftTraining

/// `schedule=plateau` lowers the rate by the history of validation losses.
@Suite struct PlateauTests {
  private struct Case: Decodable {
    let losses: [Double]
    /// Of each epoch, and of the one after the last.
    let rates: [Double]
  }

  private static let choices = [
    Choice("plateau"),
    Choice("plateau", ["factor": 0.5, "patience": 0]),
    Choice("plateau", ["factor": 0.3, "patience": 1, "lowest": 0.05]),
    Choice("plateau", ["threshold": 0.01]),
    Choice("plateau", ["threshold": 0]),
  ]

  @Test(arguments: choices)
  func equalsTorch(choice: Choice) throws {
    let cases = try fixture("plateau", as: [String: Case].self)
    let expected = try #require(cases["\(choice)"])
    let curve = ScheduleCurve(try Schedules.make(choice), totalSteps: expected.rates.count)
    var history: [EpochRecord] = []
    for (epoch, rate) in expected.rates.enumerated() {
      #expect(abs(curve.multiplier(at: epoch, after: history) - rate) < 1e-12, "epoch \(epoch)")
      if epoch < expected.losses.count { history.append(Self.record(expected.losses[epoch])) }
    }
    #expect(Set(expected.rates).count > 1 || choice.values["threshold"] == 0)
  }

  private static func record(_ loss: Double) -> EpochRecord {
    EpochRecord(
      epoch: 1, step: 1, trainLoss: 1, trainAccuracy: Proportion(1, of: 2), validationLoss: loss,
      validationAccuracy: Proportion(1, of: 2))
  }

  @Test func aLossThatIsNotANumberIsNotLower() throws {
    let schedule = try Schedules.make(Choice("plateau", ["patience": 1]))
    let losses = [1, Double.nan, 0.99]
    #expect(schedule.multiplier(after: losses.map(Self.record)) == 1)
    #expect(schedule.multiplier(after: (losses.prefix(2) + [.nan]).map(Self.record)) == 0.1)
  }

  private static func settings() -> TrainingSettings {
    var settings = TrainerTests.settings(epochs: 6)
    settings.schedule = Choice("plateau", ["patience": 0, "factor": 0.5])
    settings.optimizer = Choice("sgd")
    settings.warmupEpochs = 0.5
    return settings
  }

  /// A rate so high that the loss rises again.
  private static let steep = Policy(.uniform(0.8))

  @Test func theRateIsLoweredAndThatIsSaid() throws {
    var said: [String] = []
    let trainer = try TrainerTests.trainer(
      ToyEncoder.model(), Self.steep, settings: Self.settings())
    let result = try trainer.run {
      if case .remark(let remark) = $0 { said.append(remark) }
      return .continue
    }
    let expected = result.history.indices.dropLast().filter { epoch in
      result.history[..<epoch].contains {
        ($0.validationLoss ?? 0) * (1 - 1e-4) <= result.history[epoch].validationLoss ?? 0
      }
    }
    #expect(!expected.isEmpty, "the loss does not rise")
    #expect(said.count == expected.count)
    #expect(said.first == "the rate is 0.5 of its peak from epoch \(expected[0] + 2)")
    var constant = Self.settings()
    constant.schedule = Choice("constant")
    let other = try TrainerTests.trainer(ToyEncoder.model(), Self.steep, settings: constant).run()
    #expect(other.history.prefix(expected[0] + 1) == result.history.prefix(expected[0] + 1))
    #expect(other.weightsHash != result.weightsHash)
  }

  @Test(arguments: 1...18, [1, 2])
  func stoppingAtAnyStepAndResumingChangesNothing(step: Int, threads: Int) throws {
    let expected = try TrainerTests.trainer(
      ToyEncoder.model(dropout: 0.2), Self.steep, settings: Self.settings()
    ).run()
    let first = try TrainerTests.trainer(
      ToyEncoder.model(dropout: 0.2), Self.steep, settings: Self.settings())
    _ = try first.run { event in
      if case .progress(let progress) = event, progress.step == step { return .stop }
      return .continue
    }
    let stored = try RunState(fileBytes: first.state().fileBytes(), name: "last")
    let resumed = try TrainerTests.trainer(
      ToyEncoder.model(dropout: 0.2), Self.steep, settings: Self.settings(), threads: threads,
      resuming: stored)
    defer { resumed.pool.shutDown() }
    let result = try resumed.run()
    #expect(result.weightsHash == expected.weightsHash && result.history == expected.history)
  }
}
