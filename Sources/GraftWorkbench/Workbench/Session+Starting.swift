import Foundation
import GraftBase
import GraftModels
import GraftTraining

/// A command that trains a new run; `--dry-run` shows what it would do.
package protocol TrainingCommand: Command {
  /// Prepares the run; reads the session and changes nothing.
  func prepare(in session: Session) throws -> PreparedRun
}

extension TrainingCommand {
  package func run(in session: Session) throws {
    let run = try prepare(in: session)
    session.amendRecord(TrainingParameters.name.name, run.name)
    if let views = run.unaskedViews {
      session.amendRecord(TrainingParameters.views.name, String(views))
    }
    try session.start(run.startingHere(), verb: Self.specification.verb)
  }
}

extension Session {
  /// Trains from the start, or from where an interrupted replay of the same recipe left off.
  func start(_ run: PreparedRun, verb: String) throws {
    guard !isInteractive, let (state, folder) = checkpoint(of: run) else {
      return try train(run, verb: verb)
    }
    console.progress(
      "\(run.name) continues from step \(state.progress.step), where it was interrupted")
    try train(run, verb: verb, resuming: state)
    if workbench.run(named: run.name)?.isUnfinished == false {
      try? FileManager.default.removeItem(atPath: folder)
    }
  }
}

extension Model {
  /// Copies all weights of another model of the same encoder and head; the classes must agree.
  func takeWeights(of other: Model) throws {
    guard spec.name == other.spec.name else {
      throw GraftError(
        .failed, "the run has the encoder \(other.spec.name), not \(spec.name)",
        help: "choose the same encoder: encoder \(other.spec.name)")
    }
    let takesHead = headKind == other.headKind && classes == other.classes
    let headNames = Set(groups.last?.parameters.map(\.name) ?? [])
    for parameter in parameters where takesHead || !headNames.contains(parameter.name) {
      guard let source = other.parameter(parameter.name),
        source.torchShape == parameter.torchShape
      else {
        throw GraftError(.failed, "the run has no \(parameter.name) of \(parameter.torchShape)")
      }
      parameter.slice.copy(from: source.slice)
      parameter.markChanged()
    }
  }
}
