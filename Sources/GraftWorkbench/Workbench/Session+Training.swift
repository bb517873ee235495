import GraftBase
import GraftEngine
import GraftModels
import GraftTraining

extension Session {
  /// Trains a model by its plan and keeps the run, whole or stopped.
  ///
  /// With `state`, goes on where it stopped. What the user asked for by Ctrl-C ends it early; the
  /// weights are kept and the recorded line says where it stopped.
  package func train(
    _ name: String, _ model: Model, plan: TrainingPlan, verb: String,
    resuming state: RunState? = nil
  ) throws {
    let run = TrainingRun(name: name, model: model, plan: plan)
    let startPhase = state?.phase ?? 0
    var done = state?.stepsBefore ?? 0
    var elapsed = TrainingCost()
    var history: [EpochRecord] = []
    for index in plan.phases.indices.dropFirst(startPhase) {
      let trainer = try makeTrainer(
        model, plan, phase: index, stepsBefore: done,
        resuming: index == startPhase ? state : nil)
      var observer = TrainingObserver(
        self, verb: plan.phases.count > 1 ? "\(verb) \(index + 1)/\(plan.phases.count)" : verb,
        run: name)
      observer.stopsAtOnce = plan.stop == done
      let result: TrainingResult
      do {
        result = try trainer.run { observer.observe($0) }
      } catch {
        observer.finish()
        keepFailed(run, trainer.state())
        throw error
      }
      elapsed.add(result.cost)
      history += result.history
      run.state = trainer.state()
      run.result = result
      if run.isUnfinished { break }
      done += result.step
    }
    guard run.stepsDone > 0 else {
      leaveUnrecorded()
      return try reportInterruption("stopped \(name) before its first update, nothing is kept")
    }
    workbench.keep(run)
    currentRun = name
    finish(run, history: history, cost: elapsed)
    refresh()
    guard run.isUnfinished else { return }
    amendRecord(TrainingParameters.stop.name, String(run.stepsDone))
    let place = run.result.map { "step \($0.step) of \($0.totalSteps)" } ?? "the beginning"
    try reportInterruption("stopped \(name) at \(place), weights kept", of: run)
  }

  /// Keeps the weights after the last good update of a training that failed, and records the line
  /// so that its replay stops there.
  private func keepFailed(_ run: TrainingRun, _ state: RunState) {
    run.state = state
    guard run.stepsDone > 0 else { return }
    workbench.keep(run)
    currentRun = run.name
    amendRecord(TrainingParameters.stop.name, String(run.stepsDone))
    leaveReceipt("weights \(run.model.weightsHash)")
    recordDespiteFailure()
    console.warn("the weights of \(run.name) at step \(run.stepsDone) are kept")
    refresh()
  }

  /// The trainer of one phase of a plan.
  func makeTrainer(
    _ model: Model, _ plan: TrainingPlan, phase index: Int, stepsBefore: Int = 0,
    resuming state: RunState? = nil
  ) throws -> Trainer {
    let identity = plan.identity(of: model).merging(
      RunState.place(phase: index, stepsBefore: stepsBefore)
    ) { $1 }
    var settings = plan.phases[index].settings
    settings.stopAtStep = plan.stop.flatMap { $0 > stepsBefore ? $0 - stepsBefore : nil }
    let training = try trainingImages(
      of: plan, for: model, views: try plan.views(phase: index, of: model))
    let validation =
      plan.data.partition(.validation).isEmpty
      ? nil
      : try images(
        of: plan.data, .validation, for: model,
        batchSize: ImageBatches.validationBatchSize(plan.batchSize))
    return try Trainer(
      model, policy: plan.phases[index].policy, settings: settings,
      training: training, validation: validation, pool: pool, cache: workbench.features,
      identity: identity, resuming: state)
  }

  /// Prints the outcome, keeps the scores and leaves the receipt.
  private func finish(_ run: TrainingRun, history: [EpochRecord], cost: TrainingCost) {
    guard let result = run.result else { return }
    let accuracy = result.validation?.accuracy ?? history.last?.validationAccuracy
    metrics["\(run.name).train.loss"] = history.last?.trainLoss
    metrics["\(run.name).train.accuracy"] = history.last?.trainAccuracy.value
    metrics["\(run.name).val.accuracy"] = accuracy?.value
    metrics["\(run.name).val.loss"] = result.validation?.meanLoss ?? history.last?.validationLoss
    let overlap = result.validation?.meanOverlap ?? history.last?.validationOverlap
    metrics["\(run.name).val.iou"] = overlap
    for (name, value) in result.validation?.scores ?? [] {
      metrics["\(run.name).val.\(name)"] = value
    }
    metrics["\(run.name).seconds"] = cost.seconds
    let proof = result.freezeProof
    console.event(
      "run",
      [
        ("run", .string(run.name)), ("ending", .string("\(result.ending)")),
        ("step", .integer(result.step)), ("steps", .integer(result.totalSteps)),
        ("val.accuracy", accuracy.map { .number($0.value) } ?? .null),
        ("val.loss", metrics["\(run.name).val.loss"].map(JSONValue.number) ?? .null),
        ("val.iou", overlap.map(JSONValue.number) ?? .null),
        ("seconds", .number(cost.seconds)), ("cpu_seconds", .number(cost.processorSeconds)),
        ("images_per_second", .number(cost.imagesPerSecond)),
        ("waiting_share", .number(cost.waitingShare)),
        ("peak_memory_bytes", .integer(cost.peakBytes)),
        ("weights_hash", .string(result.weightsHash)),
        ("frozen_changed", .integer(proof.changedFrozen.count)),
        ("frozen", .integer(proof.frozenCount)),
        ("trainable_changed", .integer(proof.trainableCount - proof.unchangedTrainable.count)),
        ("trainable", .integer(proof.trainableCount)),
      ])
    let isStopped = run.isUnfinished && result.validation == nil
    let place = isStopped ? history.last.map { " after epoch \($0.epoch)" } ?? "" : ""
    let score =
      overlap.map {
        "val.iou \($0.fixedText(4)), pixels right \(accuracy?.value.percentText ?? "")\(place)"
      }
      ?? accuracy.map { "val.accuracy \($0)\(place)" }
      ?? (isStopped ? "not measured yet" : "no validation images")
    console.print(
      "\(run.name): \(score), \(cost.seconds.durationText), "
        + "\(Int(cost.imagesPerSecond.rounded()).groupedText) img/s, "
        + "\((cost.waitingShare * 100).fixedText(0)) % of it waiting for images, "
        + "weights \(result.weightsHash.prefix(8))")
    console.print("\(run.name): \(proof)")
    if let best = result.bestEpoch, best != history.last?.epoch, history.count > 1 {
      let kept = result.ending == .outOfPatience ? "kept" : "the last epoch's weights are kept"
      console.print("\(run.name): epoch \(best) was the best; \(kept)")
    }
    // A stop by Ctrl-C is not measured and its replay is: only the weights are the same in both.
    let measured = run.isUnfinished ? nil : accuracy
    leaveReceipt(
      (measured == nil ? nil : overlap).map { "val.iou \($0.fixedText(3)), " }
        ?? (measured.map { "val.accuracy \($0.value.fixedText(3)), " } ?? "")
        + "weights \(result.weightsHash.prefix(8))")
  }

  /// At the prompt says how to go on; in a recipe ends it, so that nothing runs as if all was done.
  private func reportInterruption(_ message: String, of run: TrainingRun? = nil) throws {
    let advice = run.map { " - `resume \($0.name)` continues" } ?? ""
    guard interrupts.asksToStop, !isInteractive else {
      console.print(message + advice)
      if isInteractive { interrupts.reset() }
      return
    }
    let place = try run.map { try saveCheckpoint(of: $0) } ?? "the beginning"
    throw GraftError(
      interrupts.isTerminated ? .terminated : .interrupted,
      "\(message); the same command continues from \(place)")
  }
}

// Where a run of several phases stands is kept with its state, beside what it was made from.
extension RunState {
  fileprivate static func place(phase: Int, stepsBefore: Int) -> [String: String] {
    ["phase": String(phase), "steps before": String(stepsBefore)]
  }

  /// The phase in progress.
  var phase: Int { identity["phase"].flatMap { Int($0) } ?? 0 }
  /// Updates of the phases before it.
  var stepsBefore: Int { identity["steps before"].flatMap { Int($0) } ?? 0 }
}

extension TrainingRun {
  /// Updates in the weights, over all phases.
  fileprivate var stepsDone: Int { state.map { $0.stepsBefore + $0.progress.step } ?? 0 }
}

extension TrainingCost {
  /// Adds a later phase of the same run.
  fileprivate mutating func add(_ other: TrainingCost) {
    let time = seconds + other.seconds
    if time > 0 {
      imagesPerSecond =
        (imagesPerSecond * seconds + other.imagesPerSecond * other.seconds) / time
      waitingShare = (waitingShare * seconds + other.waitingShare * other.seconds) / time
    }
    seconds = time
    processorSeconds += other.processorSeconds
    peakBytes = max(peakBytes, other.peakBytes)
  }
}
