import GraftBase

/// The share of decisions about labels that are wrong (Hamming loss).
package struct HammingMetric: Metric {
  package let name = "hamming"
  package let summary = "the share of decisions about labels that are wrong"
  package let isLargerBetter = false

  package init() {}

  package func score(of result: MultiLabelResult) -> MetricScore? {
    let accuracy = result.accuracy
    let value = 1 - accuracy.value
    return MetricScore(
      "Hamming loss", value,
      text: "\(value.percentText) of \(accuracy.total.groupedText) decisions")
  }
}
