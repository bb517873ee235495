import GraftBase
import GraftTraining

/// What the trainings of a recipe will take, told without training.
///
/// Chooses the ingredients in a session of its own, compiles each training and times two batches of
/// it. Runs that later lines build on stand there untrained.
struct RecipeForecast {
  /// One line that trains.
  struct Row {
    let line: Int
    let name: String
    let verb: String
    let parameters: Int
    var trainable = 0
    let images: Int
    var updates = 0
    var seconds = 0.0
    var bytes = 0
  }

  private(set) var rows: [Row] = []
  /// What the ingredients or a training were refused for; the forecast ends there.
  private(set) var fault: Diagnostic?
  /// The first line that needs a file which the recipe itself makes; the forecast ends before it.
  private(set) var unknownLine: Int?

  init(_ steps: [BoundCommand], in session: Session) {
    let trial = session.trial()
    defer { trial.workbench.shutDown() }
    for step in steps {
      do {
        guard try follow(step, in: trial) else {
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

  /// Does what later lines rest on; false when that cannot be known yet.
  private mutating func follow(_ step: BoundCommand, in trial: Session) throws -> Bool {
    if let command = step.command as? any TrainingCommand {
      try add(command.request(in: trial), line: step.span.line, in: trial)
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

  private mutating func add(
    _ request: TrainingRequest, line: Int, in trial: Session
  ) throws {
    var row: Row?
    for index in request.plan.phases.indices {
      let trainer = try trial.makeTrainer(request.model, request.plan, phase: index)
      let forecast = try trainer.forecast()
      var sum =
        row
        ?? Row(
          line: line, name: request.name, verb: request.verb,
          parameters: request.model.groups.reduce(0) { $0 + $1.parameterCount },
          images: request.plan.data.partition(.train).count)
      let trainable = trainer.policy.trainable.reduce(0) { $0 + $1.count }
      sum.trainable = max(sum.trainable, trainable)
      sum.updates += trainer.curve.totalSteps
      sum.seconds += forecast.seconds
      sum.bytes = max(sum.bytes, forecast.bytes)
      row = sum
    }
    if let row { rows.append(row) }
    trial.workbench.keep(
      TrainingRun(name: request.name, model: request.model, plan: request.plan))
    trial.currentRun = request.name
    trial.refresh()
  }
}

extension RecipeForecast {
  /// The table for people: a line for each training, and the time of all.
  var table: String {
    var rows = self.rows.map { row in
      [
        "\(row.line)", "\(row.verb) \(row.name)", row.parameters.countText,
        row.trainable.countText, row.images.groupedText, row.updates.groupedText,
        row.seconds.durationText, "\(row.bytes / 1_000_000) MB",
      ]
    }
    if rows.count > 1 {
      let seconds = self.rows.reduce(0) { $0 + $1.seconds }
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
      ("line", .integer(row.line)), ("verb", .string(row.verb)), ("run", .string(row.name)),
      ("parameters", .integer(row.parameters)), ("trainable", .integer(row.trainable)),
      ("images", .integer(row.images)), ("updates", .integer(row.updates)),
      ("seconds", .number(row.seconds)), ("memory_bytes", .integer(row.bytes)),
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
