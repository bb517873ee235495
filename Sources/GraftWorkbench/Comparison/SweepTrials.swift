import GraftBase
import GraftTraining

/// The trials of a sweep, trained one after the other; those that fall behind may be stopped early.
///
/// Successive halving (Jamieson and Talwalkar, 2016): all trials get a quarter of their updates, the better
/// half of them half, and the better half of those all, by scores of what each would keep: averages of its weights where
/// it has them. A trial goes on where it was stopped, so that one that
/// finishes has the weights of a training of its own.
struct SweepTrials {
  /// One trial and how far it came.
  struct Trial {
    let plan: PlannedTraining
    let values: [String]
    /// The name of its run, which may have been there before.
    fileprivate(set) var run = ""
    fileprivate(set) var evaluation: Evaluation?
    fileprivate(set) var cost: TrainingCost?
    fileprivate(set) var steps = 0
    fileprivate(set) var totalSteps = 0

    var isFinished: Bool { steps == totalSteps }
  }

  private(set) var trials: [Trial]
  let metric: any Metric
  private let shares: [Int]
  private let session: Session

  init(
    _ plans: [(plan: PlannedTraining, values: [String])], by metric: any Metric, halving: Bool,
    in session: Session
  ) {
    trials = plans.map { Trial(plan: $0.plan, values: $0.values) }
    self.metric = metric
    self.session = session
    // Quarters of all updates.
    shares = halving ? [1, 2, 4] : [4]
  }

  /// The score of a trial; the worst there is where it has none.
  func score(_ index: Int) -> Double {
    let score = trials[index].evaluation.flatMap { metric.score(of: $0)?.value }
    guard let score, score.isFinite else { return metric.isLargerBetter ? -.infinity : .infinity }
    return score
  }

  /// The trials that came furthest, the best first; of equals the first.
  var ranking: [Int] {
    let sign: Double = metric.isLargerBetter ? 1 : -1
    return trials.indices.sorted {
      let (one, other) = (trials[$0], trials[$1])
      let shares = [one, other].map { Double($0.steps) / Double(max(1, $0.totalSteps)) }
      return (shares[0], sign * score($0), -$0) > (shares[1], sign * score($1), -$1)
    }
  }

  /// Trains all; the model of the best stays in the session, the others on disk.
  mutating func run() throws {
    var places = Array(trials.indices)
    for (rung, share) in shares.enumerated() {
      for place in places { try train(place, share: share) }
      guard rung + 1 < shares.count else { break }
      let kept = Set(ranking.filter(places.contains).prefix((places.count + 1) / 2))
      places = places.filter(kept.contains)
    }
  }

  private mutating func train(_ index: Int, share: Int) throws {
    let plan = trials[index].plan
    session.console.progress("\(plan.name): \(plan.label)")
    let run = try session.trained(plan, share: share)
    trials[index].run = run.name
    trials[index].steps = run.stepsDone
    trials[index].totalSteps = run.prepared?.totalSteps ?? run.stepsDone
    trials[index].evaluation = run.result?.validation
    // What is taken up again has cost what both parts did.
    if let cost = run.cost, cost != trials[index].cost {
      var total = trials[index].cost ?? TrainingCost()
      total.add(cost)
      trials[index].cost = total
    }
    try release(besides: ranking.first)
  }

  /// Frees the models of trials that are on disk.
  private func release(besides best: Int?) throws {
    for (index, trial) in trials.enumerated() where index != best && trial.run == trial.plan.name {
      guard let run = session.workbench.run(named: trial.run), let id = run.prepared?.id,
        session.store?.run(id) != nil
      else { continue }
      session.workbench.drop(trial.run)
    }
  }
}
