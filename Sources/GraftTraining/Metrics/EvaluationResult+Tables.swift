import GraftBase

extension EvaluationResult {
  /// One row per class: images, precision, recall, F1.
  package var classTable: String {
    var table = TextTable(ofNumbers: ["class", "images", "precision", "recall", "F1"])
    for score in confusion.scores {
      table.add([
        score.name.escapingControlCharacters, String(score.support), score.precision.percentText,
        score.recall.percentText, score.f1.percentText,
      ])
    }
    return table.description
  }

  /// The scores over all images, one per line.
  package var summary: String {
    var lines = ["accuracy     \(accuracy)"]
    if classes.count > 5 { lines.append("top-5        \(topAccuracy(5))") }
    let confusion = confusion
    lines.append("balanced     \(confusion.balancedAccuracy.percentText)")
    lines.append("macro F1     \(confusion.macroF1.percentText)")
    lines.append("loss         \(meanLoss.fixedText(4))")
    lines.append("calibration  \(calibrationError().percentText) expected error")
    return lines.joined(separator: "\n")
  }
}

extension EvaluationResult: CustomStringConvertible {
  package var description: String { "\(count) images\n\(summary)\n\n\(classTable)" }
}
