import GraftBase

/// The mean of the training loss, without mixing and smoothing.
package struct LossMetric: Metric {
  package let name = "loss"
  package let summary = "the mean loss"
  package let isLargerBetter = false

  package init() {}

  package func score(of result: EvaluationResult) -> MetricScore? { score(result.meanLoss) }

  package func score(of result: MultiLabelResult) -> MetricScore? { score(result.meanLoss) }

  package func score(of scores: SegmentationScores) -> MetricScore? { score(scores.meanLoss) }

  private func score(_ value: Double) -> MetricScore {
    MetricScore("loss", value, text: value.fixedText(4))
  }
}
