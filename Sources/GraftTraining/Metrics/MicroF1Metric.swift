import GraftBase

/// F1 of all decisions about labels together.
package struct MicroF1Metric: Metric {
  package let name = "microf1"
  package let summary = "F1 of the labels of all images together"

  package init() {}

  package func score(of result: MultiLabelResult) -> MetricScore? {
    let scores = result.scores
    let hits = scores.reduce(0) { $0 + $1.hits }
    let all = scores.reduce(0) { $0 + $1.support + $1.predicted }
    let value = all > 0 ? 2 * Double(hits) / Double(all) : 0
    return MetricScore("micro F1", value, text: value.percentText)
  }
}
