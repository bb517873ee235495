import GraftBase

@testable import GraftTraining

/// The recall of the class that fares worst.
package struct WorstClassMetric: Metric {
  package let name = "worst"
  package let summary = "the recall of the class that fares worst"

  package init() {}

  package func score(of result: EvaluationResult) -> MetricScore? {
    let present = result.confusion.scores.filter { $0.support > 0 }
    guard let worst = present.min(by: { $0.recall < $1.recall }) else { return nil }
    return MetricScore(
      "worst class", worst.recall,
      text: "\(worst.recall.percentText) of \(worst.name.escapingControlCharacters)")
  }
}
