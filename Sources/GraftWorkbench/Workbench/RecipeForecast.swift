import GraftBase
import GraftTraining

/// What the trainings of a recipe would be, without training.
///
/// Chooses the ingredients in a session of its own and prepares each training there; timed, it runs
/// two batches of each. Runs that later lines depend on exist there untrained.
struct RecipeForecast {
  /// One line that trains.
  struct Row {
    /// The place of its step among all.
    let step: Int
    let line: Int
    let verb: String
    var run: PreparedRun

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

  private(set) var rows: [Row] = []
  /// What the ingredients or a training were refused for; the forecast ends there.
  private(set) var fault: Diagnostic?
  /// The first line that needs a file which the recipe itself makes; the forecast ends before it.
  private(set) var unknownLine: Int?

  private let isTimed: Bool

  init(_ steps: [BoundCommand], in session: Session, isTimed: Bool = true) {
    self.isTimed = isTimed
    let trial = session.trial()
    defer { trial.workbench.shutDown() }
    for (index, step) in steps.enumerated() {
      do {
        guard try follow(step, at: index, in: trial) else {
          unknownLine = step.span.line
          return
        }
      } catch {
        fault = Diagnostic(error, at: step.span)
        return
      }
    }
  }

  private static let chosenVerbs: Set<String> = ["load", "use", "drop"]

  /// Runs what later lines depend on; false when that cannot be known yet.
  private mutating func follow(
    _ step: BoundCommand, at index: Int, in trial: Session
  ) throws -> Bool {
    if let command = step.command as? any TrainingCommand {
      try add(
        Row(
          step: index, line: step.span.line, verb: step.specification.verb,
          run: command.prepare(in: trial)),
        in: trial)
      return true
    }
    let specification = step.specification
    let isChoice = specification.group == .ingredients && !step.arguments.isBare
    guard
      isChoice || Self.chosenVerbs.contains(specification.verb)
        || step.arguments.isGiven(SetCommand.precision)
    else { return true }
    let inputs = specification.parameters.flatMap { step.arguments.paths(of: $0) }
    guard inputs.allSatisfy({ FilePath.isFolder($0) != nil }) else { return false }
    try step.command.run(in: trial)
    return true
  }

  private mutating func add(_ row: Row, in trial: Session) throws {
    var row = row
    row.run.forecast =
      isTimed
      ? try row.run.forecastFromTiming(cache: trial.workbench.features, pool: trial.pool)
      : try row.run.forecastFromShapes(
        resident: ResourceMeter.residentBytes - row.run.model.weightBytes,
        cache: trial.workbench.features, pool: trial.pool)
    rows.append(row)
    trial.workbench.keep(TrainingRun(row.run))
    trial.currentRun = row.run.name
    trial.refresh()
  }
}

extension RecipeForecast {
  /// The table for people: a line for each training, and the time of all.
  var table: String {
    var rows = self.rows.map { row in
      [
        "\(row.line)", "\(row.verb) \(row.run.name)", row.parameters.countText,
        row.trainable.countText, row.images.groupedText, row.updates.groupedText,
        (row.seconds ?? 0).durationText, "\(row.bytes / 1_000_000) MB",
      ]
    }
    if rows.count > 1 {
      let seconds = self.rows.reduce(0) { $0 + ($1.seconds ?? 0) }
      rows.append(["", "all", "", "", "", "", seconds.durationText, ""])
    }
    var table = TextTable(
      ["line", "training", "parameters", "trained", "images", "updates", "time", "memory"],
      rows: rows, indent: 2)
    table.alignments = [.right, .left, .right, .right, .right, .right, .right, .right]
    return table.rendered()
  }

  /// The fields of the event of one training.
  static func fields(_ row: Row) -> [(String, JSONValue)] {
    [
      ("line", .integer(row.line)), ("verb", .string(row.verb)), ("run", .string(row.run.name)),
      ("parameters", .integer(row.parameters)), ("trainable", .integer(row.trainable)),
      ("images", .integer(row.images)), ("updates", .integer(row.updates)),
      ("seconds", row.seconds.map(JSONValue.number) ?? .null),
      ("memory_bytes", .integer(row.bytes)),
    ]
  }
}

extension Session {
  /// A silent session with the same ingredients, which leaves this one and the disk as they are.
  func trial() -> Session {
    let silent = Console(output: { _ in }, errors: { _ in })
    let trial = Session(
      console: silent, folder: folder, rootFolder: rootFolder, workbench: workbench.copy())
    trial.settings = settings
    trial.seed = seed
    trial.currentRun = currentRun
    trial.pretrained = pretrained
    trial.pretrained.mayFetch = false
    trial.vocabulary = vocabulary
    return trial
  }
}
