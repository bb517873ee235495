import GraftBase
import GraftData
import GraftTraining

/// Runs that are compared: a row for each way to train, with a run for each seed.
struct ComparedRuns {
  /// One way to train.
  struct Row {
    let label: String
    private(set) var runs: [String] = []
    private(set) var evaluations: [Evaluation] = []
    private(set) var costs: [TrainingCost] = []
    /// Seconds until the target was reached; nil where it was not.
    private(set) var secondsToTarget: [Double?] = []

    init(label: String) { self.label = label }

    mutating func add(_ run: TrainingRun, _ evaluation: Evaluation, target: Double?) {
      runs.append(run.name)
      evaluations.append(evaluation)
      if let cost = run.cost { costs.append(cost) }
      guard let target else { return }
      let epoch = run.history.firstIndex { $0.validationScore ?? 0 >= target }
      secondsToTarget.append(epoch.flatMap { run.cost?.epochEnds[checked: $0] })
    }

    /// The mean of what trainings cost; nil unless all are known.
    func cost(_ part: (TrainingCost) -> Double) -> Double? {
      guard costs.count == runs.count, !costs.isEmpty else { return nil }
      return costs.map(part).reduce(0, +) / Double(costs.count)
    }

    /// The mean time to the target; nil unless every training reached it.
    var meanSecondsToTarget: Double? {
      let known = secondsToTarget.compactMap(\.self)
      guard known.count == runs.count, !known.isEmpty else { return nil }
      return known.reduce(0, +) / Double(known.count)
    }
  }

  let rows: [Row]
  let comparison: Comparison
  let data: DataSet
  /// The split that was measured.
  let split: String
  let target: Double?

  /// Refused where the runs have no such score, or were measured on different images.
  init(
    _ rows: [Row], by metric: (any Metric)?, on split: String, of data: DataSet, target: Double?,
    seed: UInt64
  ) throws {
    self.rows = rows
    self.data = data
    self.split = split
    self.target = target
    let leading = rows.first?.evaluations.first?.metrics.first?.metric ?? AccuracyMetric()
    comparison = try Comparison(
      rows.map { Comparison.Entry(label: $0.label, evaluations: $0.evaluations) },
      by: metric ?? leading, seed: seed)
  }

  /// The verdict, and what the leaders cost.
  var verdict: String {
    let leaders = comparison.leaders.compactMap { index in
      rows[index].cost(\.processorSeconds).map { (label: rows[index].label, seconds: $0) }
    }
    guard leaders.count > 1, leaders.count == comparison.leaders.count,
      let least = leaders.min(by: { $0.seconds < $1.seconds }),
      let most = leaders.max(by: { $0.seconds < $1.seconds }), most.seconds > 1.2 * least.seconds
    else { return comparison.verdict }
    return comparison.verdict
      + "; of these \(least.label) takes the least processor time, "
      + "\((least.seconds / most.seconds).fixedText(2)) of \(most.label)'s"
  }

  /// Images that a row gets right more often than the best, and less often.
  func flips(of row: Int) -> (better: [Int], worse: [Int]) {
    guard row != comparison.best, let first = images(row), let best = images(comparison.best),
      first.count == best.count
    else { return ([], []) }
    let differences = PairedTest.differences(first, best)
    func samples(_ isWanted: (Int) -> Bool) -> [Int] {
      differences.indices.filter { isWanted(differences[$0]) }.map { first[0].samples[$0] }
    }
    return (samples { $0 > 0 }, samples { $0 < 0 })
  }

  /// The evaluations of a row that predicts images.
  func images(_ row: Int) -> [EvaluationResult]? { comparison.entries[row].images }

  /// The mean recall of each class, in class order; nil for pixels.
  func recalls(_ row: Int) -> [Double]? {
    images(row).map { results in
      let scores = results.map { $0.confusion.scores.map(\.recall) }
      return (scores.first ?? []).indices.map { index in
        scores.reduce(0) { $0 + $1[index] } / Double(scores.count)
      }
    }
  }
}
