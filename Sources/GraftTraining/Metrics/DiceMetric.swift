import GraftBase

/// The mean over classes of the Dice coefficient.
package struct DiceMetric: Metric {
  package let name = "dice"
  package let summary = "Dice coefficient of pixels, the mean of classes, or dice.CLASS"

  package init() {}

  package func score(of scores: SegmentationScores) -> MetricScore? {
    var score = MetricScore("mean Dice", scores.meanDice, text: scores.meanDice.fixedText(4))
    score.classes = scores.scores.map { ($0.name, $0.dice) }
    return score
  }
}
