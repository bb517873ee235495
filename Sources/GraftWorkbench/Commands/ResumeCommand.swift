import GraftBase
import GraftTraining

/// `resume`: continues a run as if it had never stopped.
package struct ResumeCommand: Command {
  private static let run = Argument(
    "run", .name(.storedRun), otherwise: "the current run, or the last that was interrupted",
    "the run to continue, of this session or an earlier one"
  ).positional
  static let epochs = Argument(
    "epochs", .increment(1...100_000), otherwise: "as planned",
    "+N for N more, or the new total")

  package static let specification = CommandSpecification(
    "resume", "continue a stopped run, with the same result as without the stop", group: .train,
    parameters: [run, epochs, TrainingParameters.stop],
    examples: ["resume", "resume C", "resume A epochs=+5"],
    seeAlso: ["train", "runs"], isRecorded: true,
    discussion: """
      A run of an earlier session, stopped or ended by a crash, continues from its last checkpoint: its
      ingredients are chosen again by its own recipe, and must be unchanged. `runs all` lists them. A model
      saved before its training was over continues too: load part.safetensors ; resume.
      """)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func rehearse(in trial: Session) throws {
    let name = arguments[Self.run] ?? trial.currentRun
    // How far a run of the session or of the disk is trained shows when it is brought back.
    guard let run = name.flatMap(trial.workbench.run(named:)), run.state == nil,
      let prepared = run.prepared
    else { throw Unforeseeable() }
    try Self.requireTraining(run)
    guard arguments[Self.epochs] != nil || prepared.ingredients.stop != nil else {
      throw Self.isFinished(run, prepared.ingredients.phases.last?.settings.epochs ?? 0)
    }
    trial.currentRun = run.name
    trial.refresh()
  }

  private static func requireTraining(_ run: TrainingRun) throws {
    guard run.prepared?.ingredients.solving != nil else { return }
    throw GraftError(
      .failed, "the head of \(run.name) is solved, so that there is nothing to continue",
      help: "train from its weights: train policy=C from=\(run.name)")
  }

  private static func isFinished(_ run: TrainingRun, _ epochs: Int) -> GraftError {
    GraftError(
      .failed, "\(run.name) is finished: \(epochs) epochs",
      help: "add epochs: resume \(run.name) epochs=+5")
  }

  package func run(in session: Session) throws {
    let run = try runToContinue(in: session)
    guard let prepared = run.prepared, let state = run.state else {
      throw GraftError(
        .failed, "\(run.name) came from a file, which has no training state",
        help: "train from its weights: encoder FILE ; train")
    }
    try Self.requireTraining(run)
    var ingredients = prepared.ingredients
    let last = state.place.phase
    ingredients.stop = arguments[TrainingParameters.stop]
    if let epochs = arguments[Self.epochs] {
      let planned = ingredients.phases[last].settings.epochs
      ingredients.phases[last].begunViews = prepared.views(phase: last) ?? 0
      switch epochs {
      case .more(let more): ingredients.phases[last].settings.epochs += more
      case .total(let total): ingredients.phases[last].settings.epochs = total
      }
      if ingredients.phases[last].settings.epochs != planned {
        ingredients.changes.append("\(planned) epochs until step \(state.stepsDone)")
      }
      let begun = state.progress.epoch + (state.progress.batch > 0 ? 1 : 0)
      guard ingredients.phases[last].settings.epochs >= begun else {
        throw GraftError(
          .failed,
          "\(run.name) has begun \(begun) epochs, more than "
            + "\(ingredients.phases[last].settings.epochs)", help: "ask for more: epochs=+5")
      }
    } else if !run.isUnfinished {
      throw Self.isFinished(run, state.progress.epoch)
    }
    if run.isUnfinished, run.hasAllUpdates { session.leaveUnrecorded() }
    if !arguments.isGiven(Self.run) { session.amendRecord(nil, run.name) }
    try session.start(
      prepared.prepared(with: ingredients), verb: Self.specification.verb, from: state)
  }

  /// The run in this session, brought back from its file or from an earlier session where needed.
  private func runToContinue(in session: Session) throws -> TrainingRun {
    let name = arguments[Self.run]
    if let name = name ?? session.currentRun, EarlierRun.isOne(name) {
      throw GraftError(
        .failed, "`\(name)` is an earlier run of its name, and `resume` continues the latest",
        help: "`train from=\(name)` starts from its weights")
    }
    if let run = (name ?? session.currentRun).flatMap(session.workbench.run(named:)) {
      guard run.prepared == nil, run.stored != nil || run.state != nil else { return run }
      try session.reopen(run)
      return try session.requireRun()
    }
    let store = session.stateFolder.map { RunStore(stateFolder: $0) }
    let stored =
      name.map { store?.run(called: $0) }
      ?? (store?.interrupted().first ?? store?.runs().first { !$0.status.isFinished })
    guard let stored else { return try session.requireRun(name) }
    guard session.workbench.run(named: stored.name) == nil else {
      throw GraftError(
        .failed, "this session has another run \(stored.name)",
        help: "`drop \(stored.name)` makes room for the earlier one; what is on disk stays there")
    }
    try session.reopen(stored)
    return try session.requireRun(stored.name)
  }

  package func lineage(in session: Session) -> Lineage? {
    let run = arguments[Self.run] ?? session.currentRun
    let things = run.map { ["run:\($0)"] } ?? []
    return Lineage(provides: things + ["current"], needs: things + ["encoder", "data", "seed"])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    session.currentRun.map { [run.name: $0] } ?? [:]
  }
}
