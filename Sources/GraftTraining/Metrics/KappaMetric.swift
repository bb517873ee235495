import GraftBase

/// Cohen's kappa: agreement with the labels beyond that of chance (Cohen, 1960).
///
/// 1 if all images are right, 0 for as many as a guess by class frequencies; 0 where only one class
/// occurs and is predicted, since nothing can be beyond chance then.
package struct KappaMetric: Metric {
  package let name = "kappa"
  package let summary = "Cohen's kappa, agreement beyond chance"

  package init() {}

  package func score(of result: EvaluationResult) -> MetricScore? {
    let counts = result.confusion.counts
    let all = Double(max(1, result.count))
    let chance = counts.indices.reduce(0.0) { sum, index in
      let told = counts.reduce(0) { $0 + $1[index] }
      return sum + Double(counts[index].reduce(0, +)) / all * Double(told) / all
    }
    let value = chance < 1 ? (result.confusion.accuracy.value - chance) / (1 - chance) : 0
    return MetricScore("kappa", value, text: value.fixedText(4))
  }
}
