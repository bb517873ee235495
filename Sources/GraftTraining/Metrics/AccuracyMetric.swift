import GraftBase

/// The share of images, or of pixels, that were predicted correctly.
package struct AccuracyMetric: Metric {
  package let name = "accuracy"
  package let summary = "the share of images, or of pixels, that were predicted correctly"

  package init() {}

  package func score(of result: EvaluationResult) -> MetricScore? {
    let accuracy = result.accuracy
    var score = MetricScore("accuracy", accuracy.value, text: accuracy.description)
    score.range = accuracy.confidenceRange
    return score
  }

  package func score(of scores: SegmentationScores) -> MetricScore? {
    let accuracy = scores.accuracy
    var score = MetricScore("pixel accuracy", accuracy.value, text: accuracy.value.percentText)
    score.range = accuracy.confidenceRange
    return score
  }
}
