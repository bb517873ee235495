import GraftBase

extension EvaluationResult {
  /// One row per class: images, precision, recall, F1; `width` as `TextTable.rendered` has it.
  package func classTable(width: Int? = nil) -> String {
    var table = TextTable(ofNumbers: ["class", "images", "precision", "recall", "F1"])
    for score in confusion.scores {
      table.add([
        score.name.escapingControlCharacters, String(score.support), score.precision.percentText,
        score.recall.percentText, score.f1.percentText,
      ])
    }
    return table.rendered(width: width)
  }
}

extension EvaluationResult: CustomStringConvertible {
  package var description: String {
    "\(count) images\n\(Evaluation.images(self).summary)\n\n\(classTable())"
  }
}
