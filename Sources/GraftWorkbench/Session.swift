import Foundation
import GraftBase
import GraftModels

/// The state of one sitting: what commands read and change.
///
/// Driven from one place, a command at a time; not Sendable on purpose.
package final class Session {
  package let console: Console
  package let interrupts = Interrupts()
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
  /// One seed for split, initial weights, order and pixels.
  package var seed: UInt64 = 0
  /// The run that commands without a run's name are about.
  package var currentRun: String?
  /// Scores by run and name: `A.val.accuracy`.
  package var metrics: [String: Double] = [:]
  /// Whether a person is at the prompt: then a stopped step returns there.
  package var isInteractive = false
  /// Set by `quit`.
  package var isEnding = false
  /// What the prompt shows before `>`, such as `flowers·resnet18·A*`; empty is `graft`.
  package var title = ""
  /// The result of the running command in one line, recorded after it as `#= …`.
  package private(set) var receipt: String?
  /// What the running command adds to its recorded line.
  private var amendments: [(label: String?, value: String)] = []
  private var recording = Recording.onSuccess
  /// The ingredients chosen and the runs made of them.
  package let workbench: Workbench
  /// Where journals and checkpoints go; nil keeps none.
  package var stateFolder: String?
  /// Where pretrained weights are looked for.
  package var pretrained = PretrainedWeights(environment: [:], program: "", folders: [])

  package init(
    console: Console, folder: String, rootFolder: String? = nil,
    workbench: Workbench = Workbench()
  ) {
    self.workbench = workbench
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
    package var isProgressShown = true
  }

  /// Leaves a receipt for the running command: what came out, without what varies between machines.
  package func leaveReceipt(_ text: String) { receipt = text }

  /// Writes an argument into the recorded line: what a replay needs and the user did not type.
  ///
  /// Without a label it becomes the first positional one.
  package func amendRecord(_ label: String?, _ value: String) { amendments.append((label, value)) }

  /// Keeps the running command out of the recipe, because it changed nothing.
  package func leaveUnrecorded() { recording = .never }

  /// Records the running command even when it fails, because it left something behind.
  package func recordDespiteFailure() { recording = .always }

  /// When the running command is recorded.
  private enum Recording { case never, onSuccess, always }

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
    let known = metrics.keys.sorted()
    let (_, help) = Suggestion.help(for: name, among: known)
    throw GraftError(
      .failed, "there is no score `\(name)`",
      help: known.isEmpty ? "train and evaluate a run first" : help)
  }

  /// The lines that the kept runs depend on, as a recipe whose paths start from `folder`.
  ///
  /// Without a folder, paths are bare names: for files that travel.
  package func distilledRecipe(folder: String?) -> String {
    var distiller = Distiller(
      recorder.statements, keeping: vocabulary.names(.run).map { "run:" + $0 }, folder: folder)
    return distiller.recipe()
  }

  /// Runs one planned step and records it when it succeeds.
  package func perform(_ step: BoundCommand) throws {
    receipt = nil
    amendments = []
    recording = .onSuccess
    do {
      try step.command.run(in: self)
    } catch {
      let isInterrupted = (error as? GraftError)?.code == .interrupted
      if recording == .always || isInterrupted && recording == .onSuccess { try? record(step) }
      throw error
    }
    if recording != .never { try record(step) }
  }

  private func record(_ step: BoundCommand) throws {
    guard step.specification.isRecorded, let lineage = step.command.lineage(in: self) else {
      return
    }
    var statement = RecordedStatement(step, lineage: lineage, receipt: receipt)
    for (label, value) in amendments { statement.amend(label, value) }
    recorder.append(statement)
    do {
      try journal?.append(statement)
    } catch {
      journal = nil
      console.warn("the journal is off: \(error)")
    }
  }
}
