import Foundation
import GraftBase
import GraftEngine
import GraftModels
import GraftTraining

/// A command that trains a new run; `--dry-run` shows what it would do.
package protocol TrainingCommand: Command {
  /// Prepares the run; reads the session and changes nothing.
  func prepare(in session: Session) throws -> PreparedRun

  /// Writes into the recorded line what was decided while the run was prepared.
  func amendRecord(of run: PreparedRun, in session: Session)
}

extension TrainingCommand {
  package func amendRecord(of run: PreparedRun, in session: Session) {}

  package func run(in session: Session) throws {
    let run = try session.takeHandedRun() ?? prepare(in: session)
    let data = run.ingredients.data
    if data.leakCount > 0 {
      session.console.warn(
        "\(data.leakCount) images of \(data.name) are in two splits, so scores come out too high; "
          + "`check data` lists them")
    }
    session.warnOfOtherRange(data, than: run.model.input)
    session.warnOfWidePadding(run.ingredients.pipeline, of: data, run.model.input)
    session.amendRecord(TrainingParameters.name.name, run.name)
    amendRecord(of: run, in: session)
    try session.start(run.startingHere(), verb: Self.specification.verb)
  }
}

extension Session {
  /// The run that a command which compares has prepared for the line that it performs now.
  fileprivate func takeHandedRun() -> PreparedRun? {
    defer { handedRun = nil }
    return handedRun
  }

  /// Trains from the start or from `state`, or goes on where the same training is further on disk.
  ///
  /// There it was left where it was interrupted, or finished by a recipe that did not come to its end. With
  /// `--fresh` it never goes on from the disk.
  func start(_ run: PreparedRun, verb: String, from state: RunState? = nil) throws {
    if let loaded = loadedState, loaded.identity == run.identity,
      loaded.policy == run.phases[checked: loaded.place.phase]?.policy.policy
    {
      loadedState = nil
      return try bringBack(run, loaded, nil)
    }
    guard !trainsAnew || reopenedRun != nil, let (found, record) = storedState(of: run),
      found.stepsDone > state?.stepsDone ?? 0,
      found.stepsDone <= run.ingredients.stop ?? .max || reopenedRun == run.id
    else { return try train(run, verb: verb, resuming: state) }
    let isFinished = record?.status.isFinished ?? false
    let isWhole = isFinished || found.stepsDone == run.ingredients.stop
    if reopenedRun == run.id || isWhole && takesFinished(record) {
      return try bringBack(run, found, record)
    }
    guard !isFinished else { return try train(run, verb: verb, resuming: state) }
    let time = record.map { " at \($0.updated.clockText)" } ?? ""
    let isPlanned = isComparing && record?.status == .stopped
    console.progress(
      "\(run.name) continues from step \(found.stepsDone)"
        + (isPlanned ? "" : ", where it was interrupted\(time)"))
    try train(run, verb: verb, resuming: found)
  }

  /// Takes a run over from the disk as it stands there, without training.
  private func bringBack(_ run: PreparedRun, _ state: RunState, _ record: StoredRun?) throws {
    if let record, reopenedRun == nil {
      console.progress("\(run.name) is taken from disk, trained at \(record.updated.clockText)")
    }
    let trainer = try run.trainer(
      at: state.place, pool: pool, cache: workbench.features, resuming: state)
    trainer.scoresAveragesAtStop = isComparing
    let brought = TrainingRun(run)
    brought.result = try trainer.concluded(as: record?.status.ending ?? .stopped)
    brought.state = trainer.state()
    brought.cost = record?.cost
    keep(brought, history: state.progress.history, cost: TrainingCost())
    if brought.isUnfinished, !brought.hasAllUpdates {
      amendRecord(TrainingParameters.stop.name, String(brought.stepsDone))
    }
  }
}

extension Session {
  /// Gives a new model the weights of a run; in a rehearsal only says whether they would fit.
  func takeWeights(of run: String, into model: Model) throws {
    let other = try requireRun(run).model
    if trial != nil {
      _ = try model.pairs(with: other)
    } else {
      try model.takeWeights(of: other)
    }
  }
}

extension Model {
  /// Copies all weights of another model of the same encoder and head; the classes must agree.
  func takeWeights(of other: Model) throws {
    for (parameter, source) in try pairs(with: other) {
      parameter.slice.copy(from: source.slice)
      parameter.markChanged()
    }
  }

  /// The parameters to be taken from another model, each with its own; refused where one is missing.
  func pairs(with other: Model) throws -> [(own: Parameter, other: Parameter)] {
    guard spec.name == other.spec.name else {
      throw GraftError(
        .failed, "the run has the encoder \(other.spec.name), not \(spec.name)",
        help: "choose the same encoder: encoder \(other.spec.name)")
    }
    let takesHead = headKind == other.headKind && classes == other.classes && task == other.task
    let headNames = Set(groups.last?.parameters.map(\.name) ?? [])
    let taken = parameters.filter { takesHead || !headNames.contains($0.name) }
    return try taken.map { parameter in
      guard let source = other.parameter(parameter.name),
        source.torchShape == parameter.torchShape
      else {
        throw GraftError(.failed, "the run has no \(parameter.name) of \(parameter.torchShape)")
      }
      return (parameter, source)
    }
  }
}
