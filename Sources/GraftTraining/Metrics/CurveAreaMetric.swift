import GraftBase

/// The area under the ROC curve of the second of two classes of pixels.
package struct CurveAreaMetric: Metric {
  package let name = "auc"
  package let summary = "area under the ROC curve, of two classes of pixels"

  package init() {}

  package func score(of scores: SegmentationScores) -> MetricScore? {
    scores.areaUnderCurve.map { MetricScore("ROC area", $0, text: $0.fixedText(4)) }
  }
}
