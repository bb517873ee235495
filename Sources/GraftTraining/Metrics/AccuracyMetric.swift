import GraftBase

/// The part of images, or of pixels, that were told right.
package struct AccuracyMetric: Metric {
  package let name = "accuracy"
  package let summary = "the part of images, or of pixels, that were told right"

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
