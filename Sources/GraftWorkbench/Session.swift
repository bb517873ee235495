import Foundation
import GraftBase
import GraftModels
import GraftTraining

/// The state of one sitting: what commands read and change.
///
/// Driven from one place, a command at a time; not Sendable on purpose.
package final class Session {
  package let console: Console
  package let interrupts: Interrupts
  package var settings = Settings()
  /// Names that are legal now; registries at start, runs and pipelines as they come.
  package var vocabulary = Vocabulary()
  /// Knobs and named values.
  package var environment = Environment()
  /// The user's own short names for commands, at the prompt only.
  package var aliases: [String: String] = [:]
  /// Where relative paths typed at the prompt start from; the process itself never moves.
  package var folder: String
  /// Overrides the folder that paths in recipes start from.
  package let rootFolder: String?
  package var recorder = Recorder()
  package var journal: Journal?
  /// The recipe that recorded lines are added to, while `record` asks for it.
  var recordFile: RecordFile?
  /// One seed for split, initial weights, order and pixels.
  package var seed: UInt64 = 0
  /// The run that commands without a run's name are about.
  package var currentRun: String?
  /// Scores by run and name: `A.val.accuracy`.
  package var metrics: [String: Double] = [:]
  /// Whether a person is at the prompt: then a stopped step returns there.
  package var isInteractive = false
  /// The runs that a person who wanted to leave was told of.
  var toldRuns: [String] = []
  /// Set by `quit`.
  package var isEnding = false
  /// What the prompt shows before `>`, such as `flowers·resnet18·A*`; empty is `graft`.
  package var title = ""
  /// The command in progress; of nested ones, as when a run is brought back, the innermost.
  private var running: RunningCommand?
  /// Whether old runs were removed from the disk in this session.
  var hasTidied = false
  /// The run that is being brought back from the disk, by its id there.
  var reopenedRun: String?
  /// Whether a command trains in order to compare: then what is finished on disk is taken from there, and a
  /// run is told in one line.
  var isComparing = false
  /// A run that is prepared already, for the training command that is performed next.
  var handedRun: PreparedRun?
  /// The names of the runs that the last command which compares was to make.
  var comparedRuns: [String] = []
  /// What commands found last, as `plot` draws it.
  var keptPlots = KeptPlots()
  /// The training state of a model file, until the training that it belongs to is found.
  var loadedState: RunState?
  /// The ingredients chosen and the runs made of them.
  package let workbench: Workbench
  /// Where journals and checkpoints go; nil keeps none.
  package var stateFolder: String? {
    didSet { readStoredNames() }
  }
  /// Names and short ids of the runs on disk, as they were when this session last looked.
  private(set) var storedNames: [String] = []
  /// What `undo` and `redo` go through; the prompt fills it.
  var undoStack = UndoStack()
  /// Set in a session that only rehearses a plan.
  var trial: Trial?
  /// Where pretrained weights are looked for.
  package var pretrained = PretrainedWeights(environment: [:], program: "", folders: [])

  package init(
    console: Console, folder: String, rootFolder: String? = nil,
    workbench: Workbench = Workbench(), interrupts: Interrupts = Interrupts()
  ) {
    self.workbench = workbench
    self.interrupts = interrupts
    self.console = console
    self.folder = rootFolder ?? folder
    self.rootFolder = rootFolder
    vocabulary.setNames(SetCommand.specification.parameters.map(\.name), of: .setting)
    vocabulary.setNames(Encoders.all.map(\.name), of: .encoder)
    refresh()
  }

  /// Display and resources; nothing here ever changes a result. (`precision` does: the workbench has it.)
  package struct Settings: Sendable, Equatable {
    /// Threads to compute with; 0 is one per core.
    package var threads = 0
    package var image = ImageStyle.auto
    package var color = ColorChoice.auto
    /// Text before `>`; empty shows what is loaded.
    package var prompt = ""
    /// What shows long results at the prompt: `auto`, `off`, or a line for the shell.
    package var pager = Pager.automatic
    package var isProgressShown = true
    package var checkpoint = CheckpointPace.auto
  }

  /// A command while it runs, with what it wants recorded.
  private struct RunningCommand {
    let step: BoundCommand
    /// The result in one line, recorded after it as `#= …`.
    var receipt: String?
    /// What it adds to its recorded line.
    var amendments: [Amendment] = []
    var recording = Recording.onSuccess
    var isFinal = false

    func statement(_ lineage: Lineage, currentRun: String?) -> RecordedStatement {
      RecordedStatement(
        step, lineage: lineage, receipt: receipt, amendments: amendments, currentRun: currentRun)
    }
  }

  /// The result of the running command in one line.
  package var receipt: String? { running?.receipt }

  func readStoredNames() {
    let runs = stateFolder.map { RunStore(stateFolder: $0).runs() } ?? []
    var names: [String] = []
    let all = runs.flatMap { [$0.name] + $0.formerNames } + runs.map(\.shortID)
    for name in all where !names.contains(name) { names.append(name) }
    storedNames = names
    refresh()
  }

  /// Leaves a receipt for the running command: what came out, without what varies between machines.
  package func leaveReceipt(_ text: String) { running?.receipt = text }

  /// Writes an argument into the recorded line: what a replay needs and the user did not type.
  ///
  /// Without a label it becomes the first positional one.
  package func amendRecord(_ label: String?, _ value: String?) {
    running?.amendments.append(Amendment(label: label, value: value))
  }

  /// Records a choice in place of the first positional argument, which asked for it.
  func amendRecordedSubject(_ value: String) {
    running?.amendments.append(Amendment(label: nil, value: value, isReplacing: true))
  }

  /// Keeps the running command out of the recipe, because it changed nothing.
  package func leaveUnrecorded() { running?.recording = .never }

  /// Records the running command even when it fails or is interrupted, because it left something behind.
  package func recordDespiteFailure() { running?.recording = .always }

  /// Writes the running command into the journal alone: it changed what is recorded.
  func noteOnly() { running?.recording = .inJournal }

  /// Has `undo` go no further back than after the running command, so that nothing before it takes memory.
  func makeFinal() { running?.isFinal = true }

  /// When the running command is recorded.
  private enum Recording { case never, inJournal, onSuccess, always }

  /// Processors that this process may compute on.
  package static var processorCount: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

  /// A score by the names people use: `A.val.accuracy`, `A.accuracy` (of the validation images),
  /// `accuracy` (of the current run).
  package func metric(named name: String) throws -> Double {
    let run = currentRun.map { [$0 + ".", $0 + ".val."] } ?? []
    var candidates = [name] + run.map { $0 + name }
    if let dot = name.firstIndex(of: ".") {
      candidates.append(name[..<dot] + ".val" + name[dot...])
    }
    if let value = candidates.lazy.compactMap({ self.metrics[$0] }).first { return value }
    try requireForeseeableScores(of: String(name.prefix { $0 != "." }))
    let known = metrics.keys.sorted()
    let bare = known.compactMap { $0.split(separator: ".").last.map(String.init) }
    let last = name.split(separator: ".").last.map(String.init) ?? name
    let near = Suggestion.nearest(to: last, among: Set(bare).sorted())
    let meant = near.map { "did you mean `\(name.dropLast(last.count) + $0)`?" }
    let (_, listed) = Suggestion.help(for: name, among: known + Set(bare).sorted())
    let help = meant ?? listed
    throw GraftError(
      .failed, "there is no score `\(name)`",
      help: known.isEmpty ? "train and evaluate a run first" : help)
  }

  /// The lines that the kept runs depend on, as a recipe whose paths start from `folder`.
  ///
  /// Without a folder, paths are bare names: for files that travel.
  /// With `runs`, those alone; else all but those that later ones of their names replaced.
  package func distilledRecipe(folder: String?, of runs: [String]? = nil) -> String {
    var distiller = distiller(folder: folder, of: runs)
    return distiller.recipe()
  }

  /// What makes that recipe.
  func distiller(folder: String?, of runs: [String]? = nil) -> Distiller {
    Distiller(
      recorder.statements,
      keeping: (runs ?? vocabulary.names(.run).filter { !EarlierRun.isOne($0) }).map {
        "run:" + $0
      },
      folder: folder)
  }

  /// Asks before a command of a recipe whether it is to run; nil runs all.
  package var stepper: ((BoundCommand) -> StepAnswer)?
  /// Whether trainings begin anew, whatever is on disk of them.
  package var trainsAnew = false

  /// Runs one planned step and records it when it succeeds.
  ///
  /// The journal has it before it starts, so that after a crash it tells what was going on.
  package func perform(_ step: BoundCommand) throws {
    let outer = running
    let before = isInteractive && outer == nil ? SessionSnapshot(self) : nil
    defer {
      switch running {
      case let running? where running.isFinal: undoStack = UndoStack()
      case let running? where running.recording == .inJournal: break
      default: before?.followed(by: recorder, in: self).map { undoStack.push($0) }
      }
      running = outer
    }
    running = RunningCommand(step: step)
    note { try $0.begin(RecordedStatement(step, lineage: Lineage(), receipt: nil)) }
    do {
      try step.command.run(in: self)
    } catch {
      note { try $0.fail(Diagnostic(error, at: step.span).message) }
      if running?.recording == .always { record(step) }
      throw error
    }
    switch running?.recording {
    case .inJournal:
      let statement = RecordedStatement(step, lineage: Lineage(), receipt: nil)
      note { try $0.append(statement) }
      addToRecordFile(statement)
    case .onSuccess, .always: record(step)
    case .never, nil: return
    }
  }

  /// The running command as it will be recorded, when it provides what it is expected to.
  func runningStatement(providing thing: String) -> RecordedStatement? {
    guard let running, let lineage = running.step.command.lineage(in: self) else { return nil }
    return running.statement(
      Lineage(provides: [thing, "current"], needs: lineage.needs), currentRun: currentRun)
  }

  private func record(_ step: BoundCommand) {
    guard step.specification.isRecorded, let lineage = step.command.lineage(in: self),
      let statement = running?.statement(lineage, currentRun: currentRun)
    else { return }
    recorder.append(statement)
    note { try $0.append(statement) }
    addToRecordFile(statement)
  }

  /// Writes into the file of `record`, where there is one; one that fails is told and ends it.
  private func addToRecordFile(_ statement: RecordedStatement) {
    do {
      try recordFile?.append(statement)
    } catch {
      let path = recordFile?.path ?? ""
      recordFile = nil
      console.warn(
        "nothing more is recorded into \(FilePath.relative(path, to: folder)): \(error)")
    }
  }

  /// Writes into the journal, where there is one and what runs is recorded; what fails is told once.
  private func note(_ write: (Journal) throws -> Void) {
    guard let journal, running?.step.specification.isRecorded == true else { return }
    do {
      try write(journal)
    } catch {
      self.journal = nil
      console.warn("the journal is off: \(error)")
    }
  }
}
