import GraftBase
import GraftEngine
import GraftModels
import GraftTraining

extension Session {
  /// Trains a prepared run and keeps it, whole or stopped.
  ///
  /// With `state`, continues where it stopped. Ctrl-C ends it early; the
  /// weights are kept and the recorded line says where it stopped.
  package func train(
    _ prepared: PreparedRun, verb: String, resuming state: RunState? = nil
  ) throws {
    let run = TrainingRun(prepared)
    try bringInEarlierRuns(of: prepared.id)
    let keeper = try keeper(of: prepared, from: state)
    let (history, cost, proofs) = try trainPhases(
      of: run, prepared, verb: verb, resuming: state, keeper: keeper)
    guard run.stepsDone > 0 else {
      leaveUnrecorded()
      return try reportInterruption(
        "stopped \(run.name) before its first update, nothing is kept")
    }
    run.cost = cost
    let isOnDisk = store(run, by: keeper)
    keep(run, history: history, cost: cost, proofs: proofs)
    guard run.isUnfinished else { return }
    if !run.hasAllUpdates { amendRecord(TrainingParameters.stop.name, String(run.stepsDone)) }
    let place = run.result.map { "step \($0.step) of \($0.totalSteps)" } ?? "the beginning"
    let kept = isOnDisk ? "weights kept" : "weights kept in memory only"
    try reportInterruption("stopped \(run.name) at \(place), \(kept)", of: run, isOnDisk: isOnDisk)
  }

  /// Writes the end of a training, or of its part; returns whether it is on disk.
  private func store(_ run: TrainingRun, by keeper: RunKeeper?, hasFailed: Bool = false) -> Bool {
    guard let keeper, let state = run.state else { return false }
    var status = run.result.map { StoredRun.Status($0.ending) } ?? .failed
    if hasFailed { status = .failed }
    // A signal ended it, nobody at the prompt: the next start speaks of it.
    if !status.isFinished, interrupts.isTerminated { status = .running }
    return keeper.close(
      state, status: status, weightsHash: run.result?.weightsHash,
      cost: run.cost, isOpen: !isInteractive)
  }

  /// Makes a run of the session, says how it came out and what it replaces.
  func keep(
    _ run: TrainingRun, history: [EpochRecord], cost: TrainingCost,
    proofs: [FreezeProof.Outcome] = []
  ) {
    run.history = history
    adopt(run)
    currentRun = run.name
    finish(run, history: history, cost: cost, proofs: proofs)
    readStoredNames()
  }

  /// Trains the phases that are left, each on the weights of the one before.
  private func trainPhases(
    of run: TrainingRun, _ prepared: PreparedRun, verb: String, resuming state: RunState?,
    keeper: RunKeeper?
  ) throws -> (history: [EpochRecord], cost: TrainingCost, proofs: [FreezeProof.Outcome]) {
    var history: [EpochRecord] = []
    var cost = TrainingCost()
    var proofs: [FreezeProof.Outcome] = []
    var place = state?.place ?? RunPlace()
    let count = prepared.phases.count
    let resident = ResourceMeter.residentBytes - prepared.model.weightBytes
    while place.phase < count {
      let trainer = try prepared.trainer(
        at: place, pool: pool, cache: workbench.features,
        resuming: place == state?.place ? state : nil)
      trainer.scoresAveragesAtStop = isComparing
      var observer = TrainingObserver(
        self, verb: count > 1 ? "\(verb) \(place.phase + 1)/\(count)" : verb, run: run.name)
      if state == nil, !isComparing, trainer.beginsInFull {
        observer.forecast = { [pool, workbench] seconds in
          try? prepared.forecastOfVariants(
            secondsPerEpoch: seconds, resident: resident, cache: workbench.features, pool: pool)
        }
      }
      observer.isSolving = prepared.ingredients.solving != nil
      observer.stopsAtOnce = prepared.ingredients.stop == place.stepsBefore
      let result: TrainingResult
      do {
        result = try trainer.run { event in
          keeper?.observe(event, of: trainer)
          return observer.observe(event)
        }
      } catch {
        observer.finish()
        if trainer.stepsDone > 0 || place.stepsBefore > 0 {
          keepFailed(run, trainer.state(), by: keeper)
        }
        throw error
      }
      cost.add(result.cost)
      history += result.history
      proofs.append(result.freezeProof)
      run.state = trainer.state()
      run.result = result
      if run.isUnfinished { break }
      place = RunPlace(phase: place.phase + 1, stepsBefore: place.stepsBefore + result.step)
    }
    return (history, cost, proofs)
  }

  /// Keeps the weights after the last good update of a training that failed, and records the line
  /// so that its replay stops there.
  private func keepFailed(_ run: TrainingRun, _ state: RunState, by keeper: RunKeeper?) {
    run.state = state
    guard run.stepsDone > 0 else { return }
    let isOnDisk = store(run, by: keeper, hasFailed: true)
    adopt(run)
    currentRun = run.name
    amendRecord(TrainingParameters.stop.name, String(run.stepsDone))
    leaveReceipt("weights \(run.model.weightsHash)")
    recordDespiteFailure()
    console.warn(
      "the weights of \(run.name) at step \(run.stepsDone) are kept"
        + (isOnDisk ? " on disk" : " in memory only"))
    refresh()
  }

  /// Prints the outcome, keeps the scores and leaves the receipt.
  private func finish(
    _ run: TrainingRun, history: [EpochRecord], cost: TrainingCost, proofs: [FreezeProof.Outcome]
  ) {
    guard let result = run.result else { return }
    let outcome = RunOutcome(
      run: run, result: result, history: history, cost: cost, proofs: proofs)
    metrics["\(run.name).train.\(LossMetric().name)"] = history.last?.trainLoss
    metrics["\(run.name).train.\(AccuracyMetric().name)"] = history.last?.trainAccuracy.value
    for (name, value) in EpochScores.named(outcome.validation) {
      metrics["\(run.name).val.\(name)"] = value
    }
    for (name, value) in result.validation?.scores ?? [] {
      metrics["\(run.name).val.\(name)"] = value
    }
    metrics["\(run.name).seconds"] = cost.seconds
    console.event(.run, outcome.fields)
    if isComparing {
      console.progress(outcome.lines[0])
    } else {
      for line in outcome.lines { console.print(line) }
    }
    leaveReceipt(outcome.receipt)
  }

  /// At the prompt says how to continue; in a recipe ends it, so that no later line runs.
  private func reportInterruption(
    _ message: String, of run: TrainingRun? = nil, isOnDisk: Bool = false
  ) throws {
    let advice = run.map { " - `resume \($0.name)` continues" } ?? ""
    // The part of a training that a sweep looks at ends as planned.
    guard interrupts.asksToStop || !isComparing else { return }
    guard interrupts.asksToStop, !isInteractive else {
      console.print(message + advice)
      if isInteractive { interrupts.reset() }
      return
    }
    if run != nil { recordDespiteFailure() }
    let place = isOnDisk ? run.map { "step \($0.stepsDone)" } ?? "the beginning" : "the beginning"
    throw GraftError(
      interrupts.termination ?? .interrupted,
      "\(message); the same command continues from \(place)")
  }
}
