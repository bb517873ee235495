import GraftBase
import GraftModels
import GraftTraining

// What tables tell people, for programs: a row is an object, numbers are numbers.

extension ResolvedPolicy {
  /// Layer groups from stem to head.
  var json: JSONValue {
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
  /// The rows of the table by class.
  var classesJSON: JSONValue {
    switch self {
    case .images(let result):
      .array(
        result.confusion.scores.map { score in
          .object([
            ("class", .string(score.name)), ("images", .integer(score.support)),
            ("precision", .number(score.precision)), ("recall", .number(score.recall)),
            ("f1", .number(score.f1)),
          ])
        })
    case .pixels(let result):
      .array(
        result.scores.map { score in
          .object([
            ("class", .string(score.name)), ("pixels", .integer(score.truth)),
            ("iou", .number(score.overlap)), ("dice", .number(score.dice)),
            ("precision", .number(score.precision)), ("recall", .number(score.recall)),
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
