import GraftBase

/// The mean over labels of average precision, as scikit-learn's `average_precision_score` has it.
///
/// Of images with one class, each class stands against the rest. Labels that no image has do not count.
package struct MeanPrecisionMetric: Metric {
  package let name = "map"
  package let summary = "mean average precision of classes or labels, or map.CLASS"

  package init() {}

  package func score(of result: EvaluationResult) -> MetricScore? { score(result.curves) }

  package func score(of result: MultiLabelResult) -> MetricScore? { score(result.curves) }

  private func score(_ curves: [(name: String, curve: RankingCurve)]) -> MetricScore {
    let known = curves.compactMap { name, curve in
      curve.averagePrecision.map { (name: name, value: $0) }
    }
    let value = known.map(\.value).mean
    var score = MetricScore("mAP", value, text: value.percentText)
    score.classes = known
    return score
  }
}
