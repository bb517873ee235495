import GraftBase
import GraftModels
import GraftTraining

// What tables tell people, for programs: a row is an object, numbers are numbers.

extension ResolvedPolicy {
  /// Of the event `policy`.
  func fields(of policy: Policy) -> [(String, JSONValue)] {
    [
      ("policy", .string("\(policy)")), ("frozen", .integer(frozen.count)),
      ("trainable", .integer(trainable.count)), ("groups", groupsJSON),
    ]
  }

  /// Layer groups from stem to head.
  private var groupsJSON: JSONValue {
    .array(
      groups.map { group in
        let trained = group.trainable.reduce(0) { $0 + $1.count }
        return .object([
          ("group", .string(group.name)), ("tensors", .integer(group.parameters.count)),
          ("parameters", .integer(group.parameters.filter(\.canTrain).reduce(0) { $0 + $1.count })),
          ("trained", .integer(trained)),
          ("lr", trained == 0 ? .null : .number(group.learningRate)),
          ("decay", trained == 0 ? .null : .number(group.weightDecay)),
          (
            "bn",
            group.parameters.contains { $0.role == .runningStatistic }
              ? .string(group.batchNormMode.rawValue) : .null
          ),
        ])
      })
  }
}

extension Evaluation {
  /// All metrics by name; null for those that do not apply.
  var metricFields: [(String, JSONValue)] {
    Metrics.all.map { ($0.name, $0.score(of: self).map { .number($0.value) } ?? .null) }
  }

  /// The metrics that apply, with their intervals and their values by class.
  var scoresJSON: JSONValue {
    .array(
      metrics.map { metric, score in
        .object([
          ("metric", .string(metric.name)), ("value", .number(score.value)),
          ("low", score.range.map { .number($0.lowerBound) } ?? .null),
          ("high", score.range.map { .number($0.upperBound) } ?? .null),
          (
            "classes",
            .array(
              score.classes.map {
                .object([("class", .string($0.name)), ("value", .number($0.value))])
              })
          ),
        ])
      })
  }

  /// The rows of the table by class.
  var classesJSON: JSONValue {
    switch self {
    case .images(let result):
      .array(
        result.confusion.scores.map { score in
          .object([
            ("class", .string(score.name)), ("images", .integer(score.support)), ("pixels", .null),
            ("precision", .number(score.precision)), ("recall", .number(score.recall)),
            ("f1", .number(score.f1)), ("iou", .null), ("dice", .null), ("ap", .null),
            ("threshold", .null),
          ])
        })
    case .labels(let result):
      .array(
        result.scores.map { score in
          .object([
            ("class", .string(score.name)), ("images", .integer(score.support)), ("pixels", .null),
            ("precision", .number(score.precision)), ("recall", .number(score.recall)),
            ("f1", .number(score.f1)), ("iou", .null), ("dice", .null),
            ("ap", score.averagePrecision.map(JSONValue.number) ?? .null),
            ("threshold", .number(score.threshold)),
          ])
        })
    case .pixels(let result):
      .array(
        result.scores.map { score in
          .object([
            ("class", .string(score.name)), ("images", .null), ("pixels", .integer(score.truth)),
            ("precision", .number(score.precision)), ("recall", .number(score.recall)),
            ("f1", .null), ("iou", .number(score.overlap)), ("dice", .number(score.dice)),
            ("ap", .null), ("threshold", .null),
          ])
        })
    }
  }
}

extension ModelSummary {
  /// The rows of its table.
  var layersJSON: JSONValue {
    .array(
      rows.map { row in
        .object([
          ("layer", .string(row.path)), ("operation", .string(row.operation)),
          ("output", .array(row.outputShape.dimensions.map(JSONValue.integer))),
          ("parameters", .integer(row.parameterCount)),
          ("formula", .string(row.parameterFormula)), ("values", .integer(row.valueCount)),
          ("multiply_adds", .integer(row.multiplyAdds)),
          ("receptive_field", row.receptiveField.map(JSONValue.integer) ?? .null),
          ("group", .string(row.group)),
        ])
      })
  }
}
