import GraftBase
import GraftModels
import GraftTraining

/// What `calibrate` says, as text and for programs.
struct CalibrationReport {
  private(set) var lines: [String] = []
  /// Each image by the temperature of the others' parts, where one was found.
  var crossFitted: CalibrationScores?
  private var threshold: ThresholdChoice?

  /// Probabilities before and after.
  mutating func addTemperature(
    _ title: String, _ logits: ModelLogits, _ temperature: Double, isFitted: Bool
  ) {
    var columns = [
      ("before", CalibrationScores(logits, temperature: 1)),
      ("after", CalibrationScores(logits, temperature: temperature)),
    ]
    if let crossFitted { columns.append(("cross-fitted", crossFitted)) }
    var table = TextTable(ofNumbers: [""] + columns.map(\.0), indent: 2)
    for (title, value) in [
      ("NLL", \CalibrationScores.likelihoodLoss), ("Brier", \.brier), ("ECE", \.error),
    ] {
      table.add([title] + columns.map { $0.1[keyPath: value].fixedText(4) })
    }
    lines += [title, "\(table)"]
    if isFitted { lines.append(Self.caution("temperature", crossFitted == nil)) }
  }

  /// Predictions before and after; `goal` is nil where the threshold was given.
  mutating func addThreshold(
    _ run: String, _ choice: ThresholdChoice, _ decision: DecisionThreshold, _ classes: [String],
    _ goal: ThresholdChoice.Goal?
  ) {
    threshold = choice
    let name = classes[decision.place].escapingControlCharacters
    var columns = [("at 0.5", choice.before), ("at the threshold", choice.after)]
    if let crossFitted = choice.crossFitted { columns.append(("cross-fitted", crossFitted)) }
    var table = TextTable(ofNumbers: [""] + columns.map(\.0), indent: 2)
    for (title, value) in [
      ("F1 of \(name)", \BinaryScores.f1), ("precision of \(name)", \.precision),
      ("recall of \(name)", \.recall), ("balanced accuracy", \.balancedAccuracy),
      ("accuracy", \.accuracy),
    ] {
      table.add([title] + columns.map { $0.1[keyPath: value].percentText })
    }
    let count = choice.after.positives + choice.after.negatives
    let reason =
      switch goal {
      case .f1: "the best F1 of \(name) on \(count) validation images"
      case .balanced: "the best balanced accuracy on \(count) validation images"
      case .accuracy: "the best accuracy on \(count) validation images"
      case nil: "as given"
      }
    lines += ["\(run): predicts \(decision.text(classes)), \(reason)", "\(table)"]
    if goal != nil { lines.append(Self.caution("threshold", choice.crossFitted == nil)) }
  }

  private static func caution(_ what: String, _ isAlone: Bool) -> String {
    let column = what == "temperature" ? "after" : "at the threshold"
    return "\(column) is measured on the images that the \(what) was found by"
      + (isAlone ? ", which is too good" : "; cross-fitted on each fifth by that of the others")
  }

  func fields(
    _ run: String, _ logits: ModelLogits, temperature: Double, _ decision: DecisionThreshold?,
    _ classes: [String]
  ) -> [(String, JSONValue)] {
    func fields(_ name: String, _ scores: CalibrationScores?) -> [(String, JSONValue)] {
      [
        ("nll_\(name)", scores.map { .number($0.likelihoodLoss) } ?? .null),
        ("brier_\(name)", scores.map { .number($0.brier) } ?? .null),
        ("ece_\(name)", scores.map { .number($0.error) } ?? .null),
      ]
    }
    func fields(_ name: String, _ scores: BinaryScores?) -> [(String, JSONValue)] {
      [
        ("f1_\(name)", scores.map { .number($0.f1) } ?? .null),
        ("balanced_accuracy_\(name)", scores.map { .number($0.balancedAccuracy) } ?? .null),
        ("accuracy_\(name)", scores.map { .number($0.accuracy) } ?? .null),
      ]
    }
    return [
      ("run", .string(run)), ("temperature", .number(temperature)),
      ("images", .integer(logits.count)),
    ] + fields("before", CalibrationScores(logits, temperature: 1))
      + fields("after", CalibrationScores(logits, temperature: temperature))
      + fields("cross_fitted", crossFitted) + DecisionThreshold.fields(decision, classes)
      + fields("at_half", threshold?.before) + fields("at_threshold", threshold?.after)
      + fields("at_cross_fitted", threshold?.crossFitted)
  }
}

extension DecisionThreshold {
  /// For events of commands that use or change it.
  static func fields(
    _ decision: DecisionThreshold?, _ classes: [String]
  ) -> [(String, JSONValue)] {
    [
      ("threshold_class", decision.map { .string(classes[$0.place]) } ?? .null),
      ("threshold", decision.map { .number($0.threshold) } ?? .null),
    ]
  }
}
