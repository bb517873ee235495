import GraftBase
import GraftTraining

/// What rates are tried to find one.
struct RateSearch {
  var rates = 1e-7...10
  var steps = 100
}

extension Session {
  /// Tries rising rates on a prepared run, which is as before afterwards, bit for bit.
  func findRate(of run: PreparedRun, _ search: RateSearch) throws -> RateCurve {
    let prepared = run.startingHere()
    let trainer = try prepared.trainer(at: RunPlace(), pool: pool, cache: workbench.features)
    var writer = ProgressWriter(console)
    defer { writer.finish() }
    let curve = try trainer.findRate(
      from: search.rates.lowerBound, to: search.rates.upperBound, steps: search.steps
    ) { step in
      if settings.isProgressShown {
        writer.show(
          ProgressLine(
            title: "findlr \(run.name)", epoch: step + 1, epochCount: search.steps,
            fraction: Double(step) / Double(search.steps)))
      }
      return interrupts.asksToStop
    }
    guard !interrupts.asksToStop else {
      throw GraftError(
        interrupts.termination ?? .interrupted, "the search for a rate was interrupted",
        help: "nothing has changed")
    }
    return curve
  }
}

extension RateCurve {
  /// The rate to train at: the middle of the fall of the loss, or close to the least where only the head learns.
  func suggestion(for run: PreparedRun) throws -> Double {
    let trainsHead =
      run.phases.first?.policy.groups.dropLast().allSatisfy { !$0.isTrainable } ?? false
    guard let rate = trainsHead ? belowLeast : middleOfFall else {
      throw GraftError(
        .failed, "the loss of \(run.name) falls at none of \(points.count) rates",
        help: "check labels and preprocessing, or give a rate: lr=1e-3")
    }
    // What a person would type: the curve cannot tell more digits.
    return Double(rate.threeDigitText) ?? rate
  }
}

extension Policy {
  /// The same policy with another rate of its highest group; the others keep their proportion to it.
  func with(peak: Double) -> Policy {
    guard case .geometric(let lowest, let highest) = rates else { return with(rate: peak...peak) }
    return with(rate: peak * (lowest / highest)...peak)
  }

  /// The rates as `lr=` takes them.
  var rateText: String {
    switch rates {
    case .headOnly(let rate), .uniform(let rate), .decaying(_, let rate), .gradual(_, let rate, _):
      rate.shortText
    case .geometric(let lowest, let highest): (lowest...highest).argumentText
    }
  }
}
