import GraftBase
import GraftModels
import GraftTraining

// A run of an earlier session comes back by its own recipe: the lines that choose its ingredients are
// performed again, and its training is taken from the disk.
extension Session {
  /// The run on disk of that name or id that changed last.
  func storedRun(called name: String) throws -> StoredRun {
    if let earlier = workbench.earlier[name] { return earlier }
    let kept = EarlierRun.isOne(name) ? workbench.run(named: name) : nil
    if let id = kept?.stored?.id ?? kept?.prepared?.id,
      let stored = stateFolder.flatMap({ RunStore(stateFolder: $0).run(id) })
    {
      return stored
    }
    guard let stored = stateFolder.flatMap({ RunStore(stateFolder: $0).run(called: name) }) else {
      throw GraftError(.failed, "there is no run `\(name)` on disk", help: "`runs all` lists them")
    }
    return stored
  }

  /// Brings a run of the store back, as it stands there.
  func reopen(_ stored: StoredRun) throws {
    let time = stored.updated.clockText
    console.progress("\(stored.name) of \(time): \(stored.place)")
    try perform(recipe: stored.recipe, folder: "/", of: stored.name, until: stored.id)
    guard workbench.runs.contains(where: { $0.prepared?.id == stored.id }) else {
      throw GraftError(
        .failed,
        "\(stored.name) cannot be continued: its images, starting weights or settings are not those of "
          + time,
        help: "`load run=\(stored.shortID)` takes its weights as they are")
    }
  }

  /// Makes a loaded run one that can be trained on; when that fails, it stays as it was.
  func reopen(_ run: TrainingRun) throws {
    workbench.drop(run.name)
    do {
      if let stored = run.stored {
        try reopen(stored)
      } else if let state = run.state {
        try reopen(run, state)
      }
    } catch {
      workbench.keep(run)
      currentRun = run.name
      throw error
    }
  }

  /// Continues a run that was loaded from a file, which holds its training state: the lines of its
  /// recipe choose the ingredients, unless the images were chosen already.
  private func reopen(_ run: TrainingRun, _ state: RunState) throws {
    guard let recipe = run.recipe else {
      throw GraftError(
        .failed, "\(run.name) has a training state but no recipe to continue by",
        help: "train from its weights: encoder FILE ; train")
    }
    loadedState = state
    defer { loadedState = nil }
    try perform(recipe: recipe, folder: folder, of: run.name, until: nil)
    guard loadedState == nil else {
      throw GraftError(
        .failed,
        "\(run.name) cannot be continued: its images or settings are not those that it was trained with",
        help: "choose its images first: data FOLDER ; resume")
    }
  }

  /// Performs the lines of a run's recipe until the run is there.
  private func perform(
    recipe: String, folder: String, of name: String, until id: String?
  ) throws {
    let file = SourceFile(name: "recipe of \(name)", text: leadingLines(of: recipe), folder: folder)
    var binder = Binder(
      mode: .recipe, environment: Environment(), vocabulary: vocabulary, rootFolder: rootFolder,
      aliases: [:], settings: [])
    binder.bind(file)
    if let fault = binder.faults.first {
      throw GraftError(
        .failed, "the recipe of \(name) cannot be followed: \(fault.message)", help: fault.help)
    }
    reopenedRun = id
    defer { reopenedRun = nil }
    let isLoaded = loadedState != nil
    for step in binder.steps where leadsToRuns(step) && !isChosen(step) {
      try perform(step)
      if isLoaded, loadedState == nil { return }
      if let id, workbench.runs.contains(where: { $0.prepared?.id == id }) { return }
    }
  }

  /// A recipe without the commands that look, judge or write: they are not performed, and the files that
  /// they name need not be there.
  private func leadingLines(of recipe: String) -> String {
    let parsed = Parser.parse(SourceFile(name: "recipe", text: recipe, folder: folder))
    guard parsed.faults.isEmpty else { return recipe }
    func leading(_ statements: [Statement]) -> [Statement] {
      statements.compactMap { statement in
        switch statement {
        case .loop(var loop):
          loop.body = leading(loop.body)
          return .loop(loop)
        case .command(let command):
          let specification = CommandTable.specification(of: command.verb)
          let isLeft = specification.map {
            [.look, .judge].contains($0.group) || $0.verb == SaveCommand.specification.verb
              || $0.verb == ExportCommand.specification.verb
          }
          return isLeft == true ? nil : statement
        }
      }
    }
    return Printer.text(leading(parsed.statements))
  }

  /// Whether a line chooses ingredients or trains: no other line of a file from elsewhere is performed.
  private func leadsToRuns(_ step: BoundCommand) -> Bool {
    let specification = step.specification
    let writes = specification.parameters.contains {
      $0.kind.pathKinds.contains(where: \.isOutput) && !step.arguments.paths(of: $0).isEmpty
    }
    return !writes
      && (specification.group == .ingredients || specification.group == .train
        || step.arguments.isGiven(SetCommand.precision) || step.command is UseCommand
        || step.command is LoadCommand)
  }

  /// Whether a line chooses the images that a loaded state was trained on and that are chosen now.
  private func isChosen(_ step: BoundCommand) -> Bool {
    guard let loadedState, step.command is DataCommand, let data = workbench.data else {
      return false
    }
    return data.fingerprint.hex == loadedState.identity["data"]
      && data.splitHash.hex == loadedState.identity["split"]
  }
}
