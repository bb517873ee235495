import GraftBase

/// How a model did on a set, by what it tells of an image.
package enum Evaluation: Codable, Hashable, Sendable {
  case images(EvaluationResult)
  case pixels(SegmentationScores)

  /// Images.
  package var count: Int {
    switch self {
    case .images(let result): result.count
    case .pixels(let scores): scores.count
    }
  }

  package var meanLoss: Double {
    switch self {
    case .images(let result): result.meanLoss
    case .pixels(let scores): scores.meanLoss
    }
  }

  /// The part of images, or of pixels, that were told right.
  package var accuracy: Proportion {
    switch self {
    case .images(let result): result.accuracy
    case .pixels(let scores): scores.accuracy
    }
  }

  /// The mean intersection over union, where pixels were told.
  package var meanOverlap: Double? {
    if case .pixels(let scores) = self { scores.meanOverlap } else { nil }
  }

  package var classCount: Int {
    switch self {
    case .images(let result): result.classes.count
    case .pixels(let scores): scores.classes.count
    }
  }

  /// The scores by the names that `expect` and `--json` know them by.
  package var scores: [(name: String, value: Double)] {
    switch self {
    case .images(let result):
      [
        ("accuracy", result.accuracy.value), ("loss", result.meanLoss),
        ("top5", result.topAccuracy(5).value), ("f1", result.confusion.macroF1),
      ]
    case .pixels(let scores):
      [
        ("accuracy", scores.accuracy.value), ("loss", scores.meanLoss),
        ("iou", scores.meanOverlap), ("dice", scores.meanDice),
      ] + (scores.areaUnderCurve.map { [("auc", $0)] } ?? [])
        + scores.scores.flatMap { score in
          [("iou.\(score.name)", score.overlap), ("dice.\(score.name)", score.dice)]
        }
    }
  }

  /// The scores over all, one a line.
  package var summary: String {
    switch self {
    case .images(let result): result.summary
    case .pixels(let scores): scores.summary
    }
  }

  /// One row a class.
  package var classTable: String {
    switch self {
    case .images(let result): result.classTable
    case .pixels(let scores): scores.classTable
    }
  }
}

extension SegmentationScores {
  /// The scores over all pixels, one a line.
  package var summary: String {
    var lines = [
      "mean IoU     \(meanOverlap.fixedText(4))", "mean Dice    \(meanDice.fixedText(4))",
      "pixels right \(accuracy.value.percentText)",
    ]
    if let areaUnderCurve { lines.append("ROC area     \(areaUnderCurve.fixedText(4))") }
    lines.append("loss         \(meanLoss.fixedText(4))")
    return lines.joined(separator: "\n")
  }

  /// One row a class: its part of the pixels, IoU, Dice, precision, recall.
  package var classTable: String {
    var table = TextTable(ofNumbers: ["class", "pixels", "IoU", "Dice", "precision", "recall"])
    let all = max(1, accuracy.total)
    for score in scores {
      table.add([
        score.name.escapingControlCharacters, (Double(score.truth) / Double(all)).percentText,
        score.overlap.fixedText(4), score.dice.fixedText(4), score.precision.percentText,
        score.recall.percentText,
      ])
    }
    return table.description
  }
}
