import GraftBase
import GraftTraining

/// One of several trainings that a command compares: the lines that a user could type for it, the last of
/// which trains.
struct PlannedTraining {
  /// How tables call it: what it differs in.
  let label: String
  /// The name that the run gets where it is not there already.
  let name: String
  let lines: [CommandSyntax]

  /// The same training up to an update of its schedule.
  func stopping(at update: Int) -> PlannedTraining {
    var lines = lines
    let last = lines.count - 1
    let value = ValueSyntax(.word(Template(literal: "\(update)")), at: lines[last].verbSpan)
    lines[last].arguments.append(
      ArgumentSyntax(label: TrainingParameters.stop.name, value: value))
    return PlannedTraining(label: label, name: name, lines: lines)
  }
}

/// A command that trains several runs and judges them.
protocol ComparingCommand: Command {
  /// Its trainings in order; reads the session and changes nothing.
  func plannedTrainings(in session: Session) throws -> [PlannedTraining]
}

extension Session {
  /// Chooses the ingredients of a planned training for as long as `body` takes, and then those of before.
  func choosing<Result>(
    _ plan: PlannedTraining, _ body: (any TrainingCommand, BoundCommand) throws -> Result
  ) throws -> Result {
    var binder = Binder(
      mode: .recipe, environment: environment, vocabulary: vocabulary, rootFolder: rootFolder)
    binder.bind(
      parsed: ParsedSource(
        statements: plan.lines.map(Statement.command), faults: [], isIncomplete: false))
    if let fault = binder.faults.first { throw fault }
    guard let last = binder.steps.last, let training = last.command as? any TrainingCommand else {
      preconditionFailure("a planned training whose last line does not train")
    }
    let before = SessionIngredients(self)
    defer { before.putBack(into: self) }
    // The line that compares is what is recorded, not those of its trainings.
    journal = nil
    recordFile = nil
    for step in binder.steps.dropLast() { try choose(step) }
    return try body(training, last)
  }

  /// Runs a line that chooses an ingredient, without a word about it.
  private func choose(_ step: BoundCommand) throws {
    guard trial == nil else { return try step.command.rehearse(in: self) }
    let hidesResults = console.hidesResults
    console.hidesResults = true
    defer { console.hidesResults = hidesResults }
    try perform(step)
  }

  /// The run of a planned training: of this session or from the disk where it is there already, else
  /// trained now; with `share`, up to so many quarters of its updates.
  func trained(_ plan: PlannedTraining, share: Int = 4) throws -> TrainingRun {
    try choosing(plan) { command, step in
      let prepared = try command.prepare(in: self).startingHere()
      let stop = (prepared.totalSteps * share + 3) / 4
      let known = workbench.runs.first { $0.prepared?.id == prepared.id }
      if let known, !known.isUnfinished || known.stepsDone >= stop {
        if known.name != plan.name {
          console.progress("\(plan.label): \(known.name) is the same training and is not repeated")
        }
        return known
      }
      isComparing = true
      defer { isComparing = false }
      if share == 4 {
        handedRun = prepared
        try perform(step)
      } else {
        var ingredients = prepared.ingredients
        ingredients.stop = stop
        let part = try prepared.prepared(with: ingredients)
        try choosing(plan.stopping(at: stop)) {
          handedRun = part
          try perform($1)
        }
      }
      let run = try requireRun(plan.name)
      guard run.stepsDone >= stop || !run.isUnfinished else {
        throw GraftError(
          interrupts.termination ?? .interrupted,
          "stopped at \(run.name), with \(run.stepsDone) of its \(prepared.totalSteps) updates done; "
            + "the same line goes on from there")
      }
      return run
    }
  }
}

/// What a planned training may change and does not keep.
private struct SessionIngredients {
  private let workbench: Workbench
  private let recorder: Recorder
  private let journal: Journal?
  private let recordFile: RecordFile?
  private let seed: UInt64
  private let currentRun: String?

  init(_ session: Session) {
    workbench = session.workbench.copy()
    recorder = session.recorder
    journal = session.journal
    recordFile = session.recordFile
    seed = session.seed
    currentRun = session.currentRun
  }

  func putBack(into session: Session) {
    session.workbench.takeIngredients(from: workbench)
    session.recorder = recorder
    session.journal = journal
    session.recordFile = recordFile
    session.seed = seed
    session.currentRun = currentRun
    session.refresh()
  }
}
