import GraftBase

/// The mean squared distance of probabilities from what is right, summed over classes (Brier, 1950).
///
/// 0 at best and 2 at worst; with two classes it is twice what libraries call the Brier score of one of
/// them. Of any number of labels, it is the mean over labels.
package struct BrierMetric: Metric {
  package let name = "brier"
  package let summary = "the mean squared error of probabilities, summed over classes"
  package let isLargerBetter = false

  package init() {}

  package func score(of result: EvaluationResult) -> MetricScore? {
    let classes = result.classes.count
    let sum = result.probabilities.enumerated().reduce(0.0) { sum, entry in
      let (place, value) = entry
      let truth = result.labels[place / classes] == place % classes ? 1.0 : 0
      return sum + (Double(value) - truth) * (Double(value) - truth)
    }
    return score(sum / Double(max(1, result.count)))
  }

  package func score(of result: MultiLabelResult) -> MetricScore? {
    score(
      zip(result.probabilities, result.truth).map { value, isThere in
        let error = Double(value) - (isThere ? 1 : 0)
        return error * error
      }.mean)
  }

  private func score(_ value: Double) -> MetricScore {
    MetricScore("Brier", value, text: value.fixedText(4))
  }
}
