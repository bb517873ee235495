import GraftBase
import GraftTraining

extension Rehearsal {
  /// A line that trains.
  struct Training {
    /// The place of its step among all.
    let step: Int
    let line: Int
    let verb: String
    let run: PreparedRun

    var parameters: Int { run.model.groups.reduce(0) { $0 + $1.parameterCount } }
    /// The largest number of parameters that a phase trains.
    var trainable: Int {
      run.phases.map { $0.policy.trainable.reduce(0) { $0 + $1.count } }.max() ?? 0
    }
    var images: Int { run.ingredients.data.partition(.train).count }
    var updates: Int { run.phases.reduce(0) { $0 + $1.curve.totalSteps } }
    /// Nil where nothing was timed.
    var seconds: Double? { run.forecast?.seconds }
    var bytes: Int { run.forecast?.bytes ?? 0 }
  }

  /// What it cannot tell, in a sentence.
  var remark: String? {
    unforeseeableLine.map {
      "line \($0) uses what the recipe itself makes, so it is checked only when it runs"
    }
  }

  /// The table for people: a line for each training, and the time of all.
  var table: String {
    var rows = trainings.map { training in
      [
        "\(training.line)", "\(training.verb) \(training.run.name)",
        training.parameters.countText, training.trainable.countText, training.images.groupedText,
        training.updates.groupedText, (training.seconds ?? 0).durationText,
        "\(training.bytes / 1_000_000) MB",
      ]
    }
    if rows.count > 1 {
      let seconds = trainings.reduce(0) { $0 + ($1.seconds ?? 0) }
      rows.append(["", "all", "", "", "", "", seconds.durationText, ""])
    }
    var table = TextTable(
      ["line", "training", "parameters", "trained", "images", "updates", "time", "memory"],
      rows: rows, indent: 2)
    table.alignments = [.right, .left, .right, .right, .right, .right, .right, .right]
    return table.rendered()
  }
}

extension Rehearsal.Training {
  /// The fields of its event.
  var fields: [(String, JSONValue)] {
    [
      ("line", .integer(line)), ("verb", .string(verb)), ("run", .string(run.name)),
      ("parameters", .integer(parameters)), ("trainable", .integer(trainable)),
      ("images", .integer(images)), ("updates", .integer(updates)),
      ("seconds", seconds.map(JSONValue.number) ?? .null), ("memory_bytes", .integer(bytes)),
    ]
  }
}
