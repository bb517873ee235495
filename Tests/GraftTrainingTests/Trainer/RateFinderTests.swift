import Foundation
import GraftBase
import GraftData
import Testing

@testable import GraftTraining

@Suite struct RateFinderTests {
  @Test(arguments: ["adamw", "sgd"])
  func changesNothing(optimizer: String) throws {
    var settings = TrainerTests.settings()
    settings.optimizer = Choice(optimizer)
    let untouched = try TrainerTests.trainer(ToyEncoder.model(dropout: 0.2), settings: settings)
    let expected = try untouched.run()
    let model = try ToyEncoder.model(dropout: 0.2)
    let trainer = try TrainerTests.trainer(model, settings: settings)
    let before = try trainer.state().fileBytes()
    let curve = try trainer.findRate(steps: 30)
    #expect(try trainer.state().fileBytes() == before)
    #expect(curve.points.count > 3)
    #expect(abs(curve.points[0].rate - 1e-7) < 1e-18)
    #expect(try trainer.run().weightsHash == expected.weightsHash)
  }

  @Test func forecastChangesNothing() throws {
    let model = try ToyEncoder.model()
    let trainer = try TrainerTests.trainer(model)
    let before = try trainer.state().fileBytes()
    let forecast = try trainer.forecast()
    #expect(try trainer.state().fileBytes() == before)
    #expect(forecast.computed.trainingSeconds > 0 && forecast.computed.validationSeconds > 0)
    #expect(forecast.bytes > trainer.optimizer.bytes)
    #expect(forecast.epochs == 2)
  }

  /// `summary` computes from shapes what a training then needs.
  @Test(arguments: [Policy.headOnly, .uniform])
  func memoryIsForecastFromShapesAlone(policy: Policy) throws {
    let model = try ToyEncoder.model()
    let training = ToyBatches([6, 5])
    let trainer = try TrainerTests.trainer(model, policy, training: training)
    let forecast = try trainer.phase.memoryForecast(
      training: BatchPartition(count: training.sampleCount, batchSize: 6),
      validation: BatchPartition(count: 0, batchSize: 16), resident: 1000, pool: trainer.pool)
    let plan = try trainer.plans.plan(for: [6, 16, 16, 3], trainer.policy.configuration)
    #expect(forecast.plan == plan.footprint.bytes)
    #expect(forecast.optimizer == trainer.optimizer.bytes)
    #expect(forecast.weights == model.parameters.reduce(0) { $0 + 4 * $1.count })
    #expect(
      forecast.rollback - forecast.optimizer
        == trainer.policy.changing.reduce(0) { $0 + 4 * $1.count })
    // Two batches an epoch: both are in memory.
    #expect(forecast.batches == 2 * 6 * 768 * 4)
    #expect(
      forecast.bytes
        == 1000 + forecast.weights + forecast.plan + forecast.optimizer + forecast.rollback
        + forecast.batches)
  }

  @Test func suggestsWhereTheLossFalls() throws {
    let points = (0..<90).map { step in
      let rate = pow(10, -7 + Double(step) / 12)
      let fall = 2.3 - 2 / (1 + exp(-Double(step - 45) / 4))
      let loss = step > 75 ? fall + Double(step - 75) : fall
      return RateCurve.Point(rate: rate, loss: loss, smoothedLoss: loss)
    }
    let curve = RateCurve(points: points)
    #expect(curve.steepest == points[44].rate)
    // Falling from 0 to 75: a third and half a third of the way, in whole points.
    #expect(curve.valley == points[37].rate)
    #expect(RateCurve(points: []).valley == nil && RateCurve(points: []).middleOfFall == nil)
    // A tenth is done at 45 - 4 ln 9 steps, the minimum is at 75.
    let middle = try #require(curve.middleOfFall)
    #expect(abs(log10(middle) - log10(points[36].rate * points[75].rate) / 2) < 1e-9)
    // What comes after the rise does not count, however low it is.
    let rate = try #require(curve.belowLeast)
    #expect(rate == points[75].rate / 2)
    var later = points
    later.append(RateCurve.Point(rate: 10, loss: 0, smoothedLoss: 0))
    #expect(RateCurve(points: later).belowLeast == rate)
    #expect(RateCurve(points: []).belowLeast == nil)
    // Noise before the fall changes nothing.
    let noisy = points.enumerated().map { step, point in
      let noise = step < 20 ? 0.1 / Double(step + 1) : 0
      return RateCurve.Point(
        rate: point.rate, loss: point.loss, smoothedLoss: point.smoothedLoss + noise)
    }
    #expect(RateCurve(points: noisy).middleOfFall == middle)
    #expect(RateCurve(points: points.suffix(10)).steepest == nil)
    #expect(RateCurve(points: points.suffix(10)).valley == nil)
    #expect(RateCurve(points: points.suffix(10)).middleOfFall == nil)
  }

  @Test func rangesThatMakeNoCurveAreRefused() throws {
    let trainer = try TrainerTests.trainer(ToyEncoder.model())
    #expect(throws: GraftError.self) { try trainer.findRate(from: 1, to: 0.1) }
  }

  @Test func headThenEverythingHasFastaisRates() throws {
    let phases = TrainingPhase.headThenEverything(epochs: 4, settings: TrainingSettings())
    #expect(phases.map(\.policy.letter) == ["A", "C"])
    #expect(phases.map(\.settings.epochs) == [1, 4])
    #expect(phases[1].policy.rates == .geometric(lowest: 1e-5, highest: 1e-3))
    let first = ScheduleCurve(try Schedules.make(phases[0].settings.schedule), totalSteps: 100)
    #expect(first.multiplier(at: 99) == 1)
    let second = ScheduleCurve(try Schedules.make(phases[1].settings.schedule), totalSteps: 100)
    #expect(abs(second.multiplier(at: 0) - 0.2) < 1e-12 && second.multiplier(at: 30) == 1)
  }
}

extension Optimizer {
  /// Bytes of its memory.
  fileprivate var bytes: Int {
    states.values.flatMap(\.slots).reduce(0) { $0 + 4 * $1.shape.elementCount }
  }
}
