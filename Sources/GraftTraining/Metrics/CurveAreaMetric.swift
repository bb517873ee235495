import GraftBase

/// The area under the ROC curve: of two classes of pixels that of the second, of images the mean over
/// classes, each against the rest (scikit-learn's `roc_auc_score` with `ovr` and `macro`).
///
/// Classes that all images have, or none, do not count.
package struct CurveAreaMetric: Metric {
  package let name = "auc"
  package let summary =
    "area under the ROC curve, the mean of classes against the rest, or auc.CLASS"

  package init() {}

  package func score(of scores: SegmentationScores) -> MetricScore? {
    scores.areaUnderCurve.map { MetricScore("ROC area", $0, text: $0.fixedText(4)) }
  }

  package func score(of result: EvaluationResult) -> MetricScore? { score(result.curves) }

  package func score(of result: MultiLabelResult) -> MetricScore? { score(result.curves) }

  private func score(_ curves: [(name: String, curve: RankingCurve)]) -> MetricScore? {
    let known = curves.compactMap { name, curve in
      curve.rocArea.map { (name: name, value: $0) }
    }
    guard !known.isEmpty else { return nil }
    let value = known.map(\.value).mean
    var score = MetricScore("ROC area", value, text: value.fixedText(4))
    score.classes = known
    return score
  }
}
