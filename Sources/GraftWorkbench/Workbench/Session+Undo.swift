import GraftBase
import GraftModels

/// A session as it was before a command: what `undo` returns to.
///
/// Models are shared, not copied: the weights of a run that was trained further are put back from the
/// state that the run kept.
struct SessionSnapshot {
  /// The command that ran next, as it was recorded.
  private(set) var command: String
  /// Whether it wrote a file, which stays.
  private(set) var isOutcome: Bool
  private let workbench: Workbench
  private let recorder: Recorder
  private let environment: Environment
  private let seed: UInt64
  private let currentRun: String?
  private let metrics: [String: Double]
  /// What turns the logits of each run into probabilities and labels.
  private let calibrations: [String: Calibration]

  init(_ session: Session, before command: String = "", isOutcome: Bool = false) {
    self.command = command
    self.isOutcome = isOutcome
    workbench = session.workbench.copy()
    recorder = session.recorder
    environment = session.environment
    seed = session.seed
    currentRun = session.currentRun
    metrics = session.metrics
    calibrations = Dictionary(
      session.workbench.runs.map { ($0.name, $0.model.calibration) }, uniquingKeysWith: { $1 })
  }

  /// The same state, with the command that was recorded since; nil where nothing was.
  func followed(by recorder: Recorder, in session: Session) -> SessionSnapshot? {
    guard recorder.statements.count > self.recorder.statements.count,
      let last = recorder.statements.last
    else { return nil }
    var result = self
    result.command = last.text(relativeTo: session.folder)
    result.isOutcome = last.lineage.isOutcome
    return result
  }

  func restore(_ session: Session) throws {
    for run in workbench.runs {
      let now = session.workbench.run(named: run.name)
      if let state = run.state, let now, now !== run, now.model === run.model {
        try state.fill(run.model)
      }
    }
    session.workbench.take(from: workbench)
    for run in workbench.runs {
      if let calibration = calibrations[run.name] { run.model.calibration = calibration }
    }
    session.recorder = recorder
    session.environment = environment
    session.seed = seed
    session.currentRun = currentRun
    session.metrics = metrics
    session.refresh()
  }
}

/// What was done at the prompt and can be taken back, and what was taken back.
struct UndoStack {
  /// Steps that are remembered, at most: runs that were replaced stay in memory as long.
  private static let depth = 20

  var past: [SessionSnapshot] = []
  var future: [SessionSnapshot] = []

  /// Remembers the state before a command that was recorded.
  mutating func push(_ snapshot: SessionSnapshot) {
    past.append(snapshot)
    if past.count > Self.depth { past.removeFirst() }
    future = []
  }
}

extension Session {
  /// Takes back the last recorded command of the prompt; returns what it was.
  func undo() throws -> SessionSnapshot {
    guard let last = undoStack.past.popLast() else {
      throw GraftError(
        .failed, "there is nothing to undo", help: "`history` shows what was recorded")
    }
    undoStack.future.append(
      SessionSnapshot(self, before: last.command, isOutcome: last.isOutcome))
    try last.restore(self)
    return last
  }

  /// Does again what was taken back last; returns what it was.
  func redo() throws -> SessionSnapshot {
    guard let next = undoStack.future.popLast() else {
      throw GraftError(.failed, "there is nothing to redo", help: "`undo` takes a command back")
    }
    undoStack.past.append(
      SessionSnapshot(self, before: next.command, isOutcome: next.isOutcome))
    try next.restore(self)
    return next
  }
}
