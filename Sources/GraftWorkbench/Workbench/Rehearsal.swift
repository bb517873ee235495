import GraftBase
import GraftTraining

/// A plan gone through before its first step: everything about it that can be known to fail, and what its
/// trainings would be.
///
/// Each step is rehearsed in a session of its own (`Command.rehearse`). What only the run can tell, such as
/// files that the plan itself makes, is left out, with all that rests on it; the rest is still judged.
struct Rehearsal {
  /// What is to be said of trainings.
  enum Forecast {
    case none
    /// Their memory, computed from shapes.
    case shapes
    /// Time and memory, from two batches of each.
    case timing
  }

  private(set) var trainings: [Training] = []
  /// Those of the text and those of its steps, in the order of lines of one file.
  private(set) var faults: [Diagnostic] = []
  /// The first line of which only the run can tell whether it will do.
  private(set) var unforeseeableLine: Int?
  /// What the weights of its runs so far will take.
  private var heldBytes = 0

  /// Goes through a plan that need not be whole: what commands that were refused as text would have made is
  /// not known.
  init(_ plan: Binder, in session: Session, forecast: Forecast = .none) {
    let trial = session.trialSession()
    defer { trial.workbench.shutDown() }
    for (index, step) in plan.steps.enumerated() where !trial.isEnding {
      for gap in plan.gaps where gap.place == index { trial.forget(Self.things(madeBy: gap.verb)) }
      do {
        try trial.interrupts.check()
        try rehearse(step, at: index, in: trial, forecast)
        trial.trial?.learn(step.command.lineage(in: trial)?.provides ?? [])
      } catch is Unforeseeable {
        unforeseeableLine = unforeseeableLine ?? step.span.line
        forget(step, in: trial)
      } catch {
        let fault = Diagnostic(error, of: step)
        if fault.code.isStop {
          faults = [fault]
          return
        }
        add(fault)
        forget(step, in: trial)
      }
      trial.trial?.outputs.insert(step.paths { $0.contains(where: \.isOutput) })
    }
    merge(plan.faults)
  }

  private mutating func merge(_ others: [Diagnostic]) {
    let isOneFile = Set((faults + others).compactMap { $0.span?.file.name }).count < 2
    faults = others + faults
    // Sorting keeps the order of equals.
    if isOneFile { faults.sort { ($0.span?.line ?? 0) < ($1.span?.line ?? 0) } }
  }

  /// Nothing has run, so that a step that would fail is a fault of the recipe; loops repeat some.
  private mutating func add(_ fault: Diagnostic) {
    var fault = fault
    if fault.code == .failed { fault.code = .usage }
    if !faults.contains(where: { $0.identity == fault.identity }) { faults.append(fault) }
  }

  private mutating func rehearse(
    _ step: BoundCommand, at index: Int, in trial: Session, _ forecast: Forecast
  ) throws {
    if step.command is ShellCommand { trial.trial?.hasShellCommand = true }
    if step.command is QuitCommand { trial.isEnding = true }
    let inputs = step.paths { !$0.contains(where: \.isOutput) }
    if let made = trial.trial?.isMade,
      step.arguments.hasOpenPatterns || inputs.contains(where: made)
    {
      for thing in step.command.lineage(in: trial)?.needs ?? [] { try trial.require(thing) }
      throw Unforeseeable()
    }
    if let command = step.command as? any ComparingCommand {
      try rehearse(command, step, at: index, in: trial, forecast)
      return try step.command.rehearse(in: trial)
    }
    guard let command = step.command as? any TrainingCommand else {
      return try step.command.rehearse(in: trial)
    }
    trial.trial?.hasTrained = true
    let needs = command.lineage(in: trial)?.needs ?? []
    for thing in needs { try trial.requireForeseeable(thing) }
    try add(command, step, at: index, in: trial, forecast)
  }

  /// Prepares each training of a command that compares several.
  private mutating func rehearse(
    _ command: any ComparingCommand, _ step: BoundCommand, at index: Int, in trial: Session,
    _ forecast: Forecast
  ) throws {
    let plans = try command.plannedTrainings(in: trial)
    trial.comparedRuns = plans.map(\.name)
    for plan in plans {
      try trial.choosing(plan) { training, _ in
        try add(training, step, at: index, in: trial, forecast)
      }
    }
  }

  /// Prepares a training without memory for its model, and again with it where it is to be timed.
  private mutating func add(
    _ command: any TrainingCommand, _ step: BoundCommand, at index: Int, in trial: Session,
    _ forecast: Forecast
  ) throws {
    var run = try command.prepare(in: trial)
    let cache = trial.workbench.features
    switch forecast {
    case .none: break
    case .shapes:
      run.forecast = try run.forecastFromShapes(
        resident: ResourceMeter.residentBytes + heldBytes,
        cache: cache, pool: trial.pool)
    case .timing:
      trial.trial?.takesWeights = true
      defer { trial.trial?.takesWeights = false }
      let timed = try command.prepare(in: trial)
      run = try run.prepared(with: timed.ingredients)
      run.forecast = try timed.forecastFromTiming(cache: cache, pool: trial.pool)
    }
    trainings.append(
      Training(step: index, line: step.span.line, verb: step.specification.verb, run: run))
    heldBytes += run.model.weightBytes
    trial.adopt(TrainingRun(run))
    trial.currentRun = run.name
    trial.expectScores(ofTraining: run)
    trial.refresh()
  }

  /// What a command of that verb may provide, whatever its arguments; of an unknown verb, anything.
  private static func things(madeBy verb: String) -> [String] {
    guard let specification = CommandTable.specification(of: verb) else {
      return [
        "encoder", "data", "head", "policy", "freeze", "augment", "seed", "current", Trial.anyRun,
      ]
    }
    switch verb {
    case "use", "drop": return ["current"]
    case "resume": return ["current", Trial.anyRun]
    case "freeze", "unfreeze": return ["freeze"]
    case "set": return ["precision"]
    default: break
    }
    let makesRun = specification.parameters.contains {
      if case .newName(.run) = $0.kind { true } else { false }
    }
    if makesRun { return ["current", Trial.anyRun] }
    return specification.group == .ingredients ? [verb] : []
  }

  private func forget(_ step: BoundCommand, in trial: Session) {
    var things = step.command.lineage(in: trial)?.provides ?? []
    // What its run would have been called is decided as it starts.
    let namesRun = step.specification.parameters.contains { parameter in
      if case .newName(.run) = parameter.kind { !step.arguments.isGiven(parameter) } else { false }
    }
    if namesRun { things.append(Trial.anyRun) }
    if step.command is EvaluateCommand {
      let runs = step.command.lineage(in: trial)?.needs.filter { $0.hasPrefix("run:") } ?? []
      things += runs.map { "scores:" + $0.dropFirst("run:".count) }
    }
    trial.forget(things)
  }
}

extension BoundCommand {
  /// The paths among its arguments that are of certain kinds.
  fileprivate func paths(where isWanted: ([ArgumentKind.PathKind]) -> Bool) -> [String] {
    specification.parameters.filter { isWanted($0.kind.pathKinds) }
      .flatMap { arguments.paths(of: $0) }
  }
}

extension Session {
  /// In a rehearsal, has the scores that a finished training of this run will have.
  fileprivate func expectScores(ofTraining run: PreparedRun) {
    for metric in [LossMetric().name, AccuracyMetric().name] {
      metrics["\(run.name).train.\(metric)"] = 0
    }
    metrics["\(run.name).seconds"] = 0
    guard run.validationCount > 0 else { return }
    expectScores(of: TrainingRun(run), DataPart.val.rawValue)
  }

  /// In a rehearsal, has the scores that measuring a run on `label` will give.
  func expectScores(of run: TrainingRun, _ label: String) {
    let example = Evaluation.example(run.model.task, classes: run.model.classes)
    for (name, _) in example.scores { metrics["\(run.name).\(label).\(name)"] = 0 }
  }
}
