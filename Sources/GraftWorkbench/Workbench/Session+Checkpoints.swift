import Foundation
import GraftBase
import GraftModels
import GraftTraining

// Every training is kept on disk under a name that only the same training can have. Running a recipe
// again after an interruption finds it there and continues.
extension Session {
  /// The runs on disk; nil where there is no place for state, or `set checkpoint=off`.
  package var store: RunStore? {
    guard settings.checkpoint != .off else { return nil }
    return stateFolder.map { RunStore(stateFolder: $0) }
  }

  /// What keeps a training on disk; nil when that is not wanted or cannot be.
  ///
  /// Throws when another process is at the same training.
  func keeper(of run: PreparedRun, from state: RunState?) throws -> RunKeeper? {
    guard let store else { return nil }
    tidy(store, keeping: run.id)
    do {
      var record = record(of: run)
      if let earlier = store.run(run.id) {
        if let state { record.note(state) }
        record.budget = record.budget ?? earlier.budget
        record.formerNames = ([earlier.name] + earlier.formerNames).filter { $0 != run.name }
      }
      return try RunKeeper(
        record, in: store, pace: settings.checkpoint,
        model: ModelFile.description(of: run.model), warn: { [console] in console.warn($0) })
    } catch let error as GraftError where !RunLock.isHeld(store.path(of: run.id)) {
      console.warn("\(run.name) is trained without checkpoints: \(error)")
      return nil
    }
  }

  private func record(of run: PreparedRun) -> StoredRun {
    StoredRun(
      id: run.id, name: run.name, encoder: run.model.spec.name, data: run.ingredients.data.name,
      policies: run.ingredients.methodText,
      recipe: recipe(of: run), epochs: run.ingredients.phases.last?.settings.epochs ?? 0,
      totalSteps: run.totalSteps, started: Date(), updated: Date(),
      budget: run.ingredients.budgetAnswer, isOpen: !isInteractive)
  }

  /// The lines that lead to a run that is about to be trained, that of the running command included.
  private func recipe(of run: PreparedRun) -> String {
    guard let statement = runningStatement(providing: "run:\(run.name)") else { return "" }
    var distiller = Distiller(
      recorder.statements + [statement], keeping: ["run:\(run.name)"], folder: "/")
    return distiller.recipe()
  }

  /// Removes old runs, and says so, and what killed writes left; once in a session.
  private func tidy(_ store: RunStore, keeping id: String) {
    guard !hasTidied else { return }
    hasTidied = true
    store.removeLeftovers()
    let kept =
      workbench.runs.compactMap { $0.prepared?.id } + workbench.earlier.values.map(\.id)
      + [id, reopenedRun].compactMap(\.self)
    let removed = store.prune(keeping: Set(kept))
    guard !removed.isEmpty else { return }
    console.progress(
      "removed \(removed.count) old \(removed.count == 1 ? "run" : "runs") from disk: "
        + removed.map { "\($0.name) of \($0.started.clockText)" }.joined(separator: ", "))
  }

  /// The state on disk of this very training, with what is known of it.
  func storedState(of run: PreparedRun) -> (state: RunState, record: StoredRun?)? {
    guard let store, FilePath.isFolder(store.path(of: run.id)) == true else { return nil }
    tidy(store, keeping: run.id)
    do {
      guard let loaded = try store.checkpoints(of: run.id).load() else { return nil }
      if let warning = loaded.warning { console.warn(warning) }
      return (loaded.state, store.run(run.id))
    } catch {
      console.warn("\(run.name) on disk cannot be continued, it starts again: \(error)")
      return nil
    }
  }

  /// What a time budget chose for this very request, where its training is on disk and goes on from there.
  func budgetAnswer(to request: String) -> TimeBudget.Answer? {
    guard let store, !trainsAnew else { return nil }
    return store.runs().first { run in
      guard let answer = run.budget, answer.request == request, answer.choice.isSound,
        run.step > 0
      else { return false }
      return !run.status.isFinished || takesFinished(run)
    }?.budget
  }

  /// Whether a finished run on disk is taken as it is, where the same training is asked for again.
  func takesFinished(_ record: StoredRun?) -> Bool {
    reopenedRun != nil || isComparing || !isInteractive && record?.isOpen == true
  }

  /// The recipe has come to its end: the next time it trains anew.
  package func closeStoredRuns() {
    guard let store else { return }
    for id in workbench.runs.compactMap({ $0.prepared?.id }) {
      guard var record = store.run(id), record.isOpen else { continue }
      record.isOpen = false
      try? store.write(record)
    }
  }
}
