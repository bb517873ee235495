import GraftBase

/// The mean F1 of the classes that have images.
package struct MacroF1Metric: Metric {
  package let name = "f1"
  package let summary = "the mean F1 of classes"

  package init() {}

  package func score(of result: EvaluationResult) -> MetricScore? {
    let value = result.confusion.macroF1
    return MetricScore("macro F1", value, text: value.percentText)
  }
}
