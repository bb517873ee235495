import GraftBase

/// The mean recall of the classes that have images.
package struct BalancedAccuracyMetric: Metric {
  package let name = "balanced"
  package let summary = "the mean recall of classes"

  package init() {}

  package func score(of result: EvaluationResult) -> MetricScore? {
    let value = result.confusion.balancedAccuracy
    return MetricScore("balanced", value, text: value.percentText)
  }
}
