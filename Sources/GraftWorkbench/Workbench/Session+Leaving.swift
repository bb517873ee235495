import GraftBase

extension Session {
  /// Ends the session.
  ///
  /// At the prompt, where runs are not saved, the first time only says which, where they are and how to
  /// keep them.
  func leave() {
    let unsaved = workbench.runs.filter {
      !$0.isSaved && $0.prepared != nil && !EarlierRun.isOne($0.name)
    }
    guard isInteractive, let last = unsaved.last, toldRuns != unsaved.map(\.name) else {
      return isEnding = true
    }
    toldRuns = unsaved.map(\.name)
    let (verb, object) = unsaved.count == 1 ? ("is", "it") : ("are", "each (`use` chooses)")
    console.progress(
      "\(toldRuns.joined(separator: ", ")) \(verb) not saved: `save \(last.name).safetensors` keeps "
        + "\(object) as a file\n\(whereTheyAre(unsaved)); Ctrl-D or `quit` again leaves")
  }

  private func whereTheyAre(_ runs: [TrainingRun]) -> String {
    let last = runs.last { run in run.prepared.map { store?.run($0.id) != nil } ?? false }
    guard let last else { return "nothing of that is on disk: it would be lost" }
    return
      "a later session finds \(runs.count == 1 ? "it" : "them") for \(Int(RunStore.Limits().days)) days: `runs all` lists them, "
      + "`load run=\(last.name)` brings \(last.name) back"
  }
}
