import GraftBase
import GraftModels
import GraftTraining

/// Names of runs that later runs of the same name replaced: as in Git, `A~1` is the one before A.
enum EarlierRun {
  static func name(_ name: String, _ age: Int) -> String { "\(name)~\(age)" }

  /// Whether a name is that of an earlier run.
  static func isOne(_ name: String) -> Bool { name.contains("~") }

  static func isOne(_ name: String, of latest: String) -> Bool { name.hasPrefix(latest + "~") }

  /// The same run's name, or thing `run:NAME`, before a run of the name `latest` was made.
  static func before(_ thing: String, making latest: String) -> String {
    guard isOne(thing, of: latest), let age = Int(thing.dropFirst(latest.count + 1)) else {
      return thing
    }
    return age == 1 ? latest : name(latest, age - 1)
  }
}

extension Session {
  /// Keeps a new run; an earlier one of its name becomes NAME~1.
  ///
  /// One that goes on with the same model is the same run. Those that are brought back from the disk
  /// take the place of what was there.
  func adopt(_ run: TrainingRun) {
    let old = workbench.run(named: run.name)
    let isContinued = old.map { $0.isUnfinished && $0.prepared?.id == run.prepared?.id } ?? false
    if let old, old.model !== run.model, !isContinued, reopenedRun == nil, loadedState == nil {
      let renamed = workbench.makeRoom(for: run.name) { onDisk($0, besides: run) }
      for (from, to) in renamed { rename(from, to) }
      if let name = renamed.last?.to { console.progress("the earlier \(run.name) is now \(name)") }
    }
    workbench.keep(run)
  }

  /// What is on disk of a finished run, which then needs no memory; nil where its folder is also that
  /// of the new one.
  private func onDisk(_ run: TrainingRun, besides new: TrainingRun) -> StoredRun? {
    // What `calibrate` found is in memory only.
    guard trial == nil, run.model.calibration.temperature == nil,
      run.model.calibration.decision == nil, let id = run.prepared?.id,
      id != new.prepared?.id, let store,
      let record = store.run(id), record.status == .completed,
      record.weightsHash == run.model.weightsHash.hex
    else { return nil }
    return record
  }

  /// Gives the scores of a run to its new name.
  private func rename(_ from: String, _ to: String) {
    for (key, value) in metrics where key.hasPrefix(from + ".") {
      metrics[key] = nil
      metrics[to + key.dropFirst(from.count)] = value
    }
    workbench.testLooks[to] = workbench.testLooks.removeValue(forKey: from)
  }

  /// The run of that name, its weights read again where they are on disk only; nil for none.
  func keptRun(_ name: String) throws -> TrainingRun? {
    if let run = workbench.run(named: name) { return run }
    guard let stored = workbench.earlier[name] else { return nil }
    let file = try modelFile(of: stored)
    guard file.model.weightsHash.hex == stored.weightsHash else {
      throw GraftError(
        .failed, "the weights of \(name) are not on disk any more: another training replaced them",
        help: "train it again")
    }
    let run = TrainingRun(name: name, model: file.model, recipe: stored.recipe)
    run.stored = stored
    run.cost = stored.cost
    workbench.bringIn(run)
    return run
  }

  /// Reads earlier runs again whose folder a training is about to write into.
  ///
  /// `undo` could bring back only what is on the disk then, so it goes no further back.
  func bringInEarlierRuns(of id: String) throws {
    for (name, stored) in workbench.earlier where stored.id == id {
      _ = try keptRun(name)
      makeFinal()
    }
  }

  /// A run of the store as a model file would hold it.
  func modelFile(of stored: StoredRun, atBest: Bool = false) throws -> ModelFile {
    let checkpoints = stateFolder.map { RunStore(stateFolder: $0).checkpoints(of: stored.id) }
    let last = try checkpoints?.load()
    if let warning = last?.warning { console.warn(warning) }
    let best = atBest ? try checkpoints?.loadBest() : nil
    guard let state = best?.averaged ?? last?.state else {
      throw GraftError(
        .failed, "\(stored.name) has no state on disk yet", help: "`runs all` lists them")
    }
    let model = try ModelFile.model(describedBy: state.model, name: "run \(stored.shortID)")
    try state.fill(model)
    return ModelFile(model: model, metadata: [ModelFile.Key.recipe.rawValue: stored.recipe])
  }
}
