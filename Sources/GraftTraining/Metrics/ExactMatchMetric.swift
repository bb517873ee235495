import GraftBase

/// The share of images whose labels are all right, and no other predicted (subset accuracy).
package struct ExactMatchMetric: Metric {
  package let name = "exact"
  package let summary = "the share of images all of whose labels are right and no others"

  package init() {}

  package func score(of result: MultiLabelResult) -> MetricScore? {
    let share = result.exactMatches
    var score = MetricScore("exact match", share.value, text: share.description)
    score.range = share.confidenceRange
    return score
  }
}
