import GraftBase

/// The expected calibration error: how far confidence is from being right (Guo et al., 2017).
package struct CalibrationMetric: Metric {
  package let name = "calibration"
  package let summary = "the mean distance between how sure the model was and how often right"
  package let isLargerBetter = false

  package init() {}

  package func score(of result: EvaluationResult) -> MetricScore? {
    score(result.calibrationError())
  }

  /// Of any number of labels, all probabilities are compared with how often such labels are there.
  package func score(of result: MultiLabelResult) -> MetricScore? {
    score(result.calibrationError())
  }

  private func score(_ value: Double) -> MetricScore {
    MetricScore("calibration", value, text: "\(value.percentText) expected error")
  }
}
