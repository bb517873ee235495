import GraftBase

/// The mean F1 of the classes or labels that have images.
package struct MacroF1Metric: Metric {
  package let name = "f1"
  package let summary = "the mean F1 of classes"

  package init() {}

  package func score(of result: EvaluationResult) -> MetricScore? {
    score(result.confusion.macroF1)
  }

  package func score(of result: MultiLabelResult) -> MetricScore? {
    score(result.scores.filter { $0.support > 0 }.map(\.f1).mean)
  }

  private func score(_ value: Double) -> MetricScore {
    MetricScore("macro F1", value, text: value.percentText)
  }
}
