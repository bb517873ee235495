/// The share of images whose class is among the five most probable.
package struct TopFiveMetric: Metric {
  package let name = "top5"
  package let summary = "the share of images whose class is among the five most probable"

  package init() {}

  package func score(of result: EvaluationResult) -> MetricScore? {
    let share = result.topAccuracy(5)
    var score = MetricScore("top-5", share.value, text: share.description)
    score.isShown = result.classes.count > 5
    return score
  }
}
