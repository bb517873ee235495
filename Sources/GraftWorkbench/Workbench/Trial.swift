import GraftBase

/// What a session knows that only rehearses a plan: it chooses ingredients and prepares trainings, but
/// computes, writes and records nothing.
struct Trial {
  /// Things, as `Lineage` names them, that only the run can tell: made from files that the plan itself
  /// writes, or by a step that is refused.
  private(set) var unknown: Set<String> = []
  /// What earlier steps of the plan will have written.
  var outputs = PlannedOutputs()
  /// Whether anything may lie on the disk by then, because a shell command runs before.
  var hasShellCommand = false
  /// Whether the plan trains before: then the store of runs will hold more than it does now.
  var hasTrained = false
  /// Whether models get memory and weights, so that they can be timed; shapes suffice for all else.
  var takesWeights = false

  /// Stands for runs whose names only the run can tell.
  static let anyRun = "run:"

  func isUnknown(_ thing: String) -> Bool {
    unknown.contains(thing) || thing.hasPrefix("run:") && unknown.contains(Self.anyRun)
  }

  mutating func forget(_ things: some Sequence<String>) { unknown.formUnion(things) }

  mutating func learn(_ things: some Sequence<String>) { unknown.subtract(things) }

  /// Whether only the run can tell what lies at a path.
  func isMade(_ path: String) -> Bool { hasShellCommand || outputs.contains(path) }
}

/// Thrown in a rehearsal where only the run can tell: it ends the rehearsal of that step, not more.
struct Unforeseeable: Error {}

extension Session {
  /// A session with the same ingredients that shows only progress, and leaves this one and the disk as
  /// they are.
  func trialSession() -> Session {
    let trial = Session(
      console: console.showingOnlyProgress(), folder: folder, rootFolder: rootFolder,
      workbench: workbench.copy(), interrupts: interrupts)
    trial.trial = Trial()
    trial.settings = settings
    trial.seed = seed
    trial.currentRun = currentRun
    trial.metrics = metrics
    trial.pretrained = pretrained
    trial.vocabulary = vocabulary
    trial.stateFolder = stateFolder
    trial.trainsAnew = trainsAnew
    trial.keptPlots = keptPlots
    return trial
  }

  /// The names of the current model's parameters, as torch has them; none without an encoder.
  var parameterNames: [String] {
    if let run = currentRun.flatMap(workbench.run(named:)) {
      return run.model.parameters.map(\.name)
    }
    let model = try? trialSession().makeModel(classes: workbench.classesOrPlaceholders)
    return model?.parameters.map(\.name) ?? []
  }

  /// In a rehearsal, ends that of this step where it rests on something that only the run can tell.
  func requireForeseeable(_ things: String...) throws {
    if let trial, things.contains(where: trial.isUnknown) { throw Unforeseeable() }
  }

  /// In a rehearsal, ends that of this step where the scores of a run, or of the current one, are not known.
  func requireForeseeableScores(of owner: String) throws {
    guard workbench.run(named: owner) == nil else {
      return try requireForeseeable("scores:\(owner)")
    }
    try requireForeseeable("run:\(owner)", "current", "scores:\(currentRun ?? "")")
  }

  /// Refuses a step that rests on an ingredient or a run, as `Lineage` names it, which there will not be.
  func require(_ thing: String) throws {
    switch thing {
    case "encoder": _ = try requireEncoder()
    case "data": _ = try requireData()
    case "current": _ = try runToMeasure(nil, classes: workbench.data)
    default:
      if thing.hasPrefix("run:") { _ = try requireRun(String(thing.dropFirst("run:".count))) }
    }
  }

  /// In a rehearsal, drops what a step would have made, so that no later step is judged by it.
  func forget(_ things: [String]) {
    trial?.forget(things)
    for thing in things {
      switch thing {
      case "encoder": workbench.encoder = nil
      case "data": workbench.data = nil
      case "current": currentRun = nil
      default:
        if thing.hasPrefix("run:") { workbench.drop(String(thing.dropFirst("run:".count))) }
      }
    }
    refresh()
  }
}

extension Console {
  /// A console that drops results and remarks, for steps that are only rehearsed.
  func showingOnlyProgress() -> Console {
    Console(
      isQuiet: isQuiet, isColored: isColored, isProgressTerminal: isProgressTerminal,
      width: { [self] in width }, height: { [self] in height }, output: { _ in },
      errors: { _ in }, progress: { [self] in progressRaw($0) })
  }
}
