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
}

extension EvaluationResult: CustomStringConvertible {
  package var description: String {
    "\(count) images\n\(Evaluation.images(self).summary)\n\n\(classTable)"
  }
}
