import GraftBase

/// The mean over classes of intersection over union.
package struct OverlapMetric: Metric {
  package let name = "iou"
  package let summary = "intersection over union of pixels, the mean of classes, or iou.CLASS"

  package init() {}

  package func score(of scores: SegmentationScores) -> MetricScore? {
    var score = MetricScore("mean IoU", scores.meanOverlap, text: scores.meanOverlap.fixedText(4))
    score.classes = scores.scores.map { ($0.name, $0.overlap) }
    return score
  }
}
