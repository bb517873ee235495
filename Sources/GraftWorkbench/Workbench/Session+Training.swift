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
    let startPhase = state?.identity["phase"].flatMap { Int($0) } ?? 0
    var elapsed = TrainingCost()
    var history: [EpochRecord] = []
    for (index, phase) in plan.phases.enumerated().dropFirst(startPhase) {
      var identity = plan.identity(of: model)
      identity["phase"] = String(index)
      let training = try PictureBatches.training(
        plan.data, batchSize: plan.batchSize, preprocessing: run.preprocessing,
        pipeline: plan.pipeline, balance: plan.balance, seed: plan.seed, pool: pool)
      let validation =
        plan.data.partition(.validation).isEmpty
        ? nil
        : try PictureBatches.evaluation(
          plan.data, .validation, batchSize: max(plan.batchSize, 16),
          preprocessing: run.preprocessing, pool: pool)
      let trainer = try Trainer(
        model, policy: phase.policy, settings: phase.settings, training: training,
        validation: validation, pool: pool, identity: identity,
        resuming: index == startPhase ? state : nil)
      var observer = TrainingObserver(
        self, verb: plan.phases.count > 1 ? "\(verb) \(index + 1)/\(plan.phases.count)" : verb,
        run: name)
      let result: TrainingResult
      do {
        result = try trainer.run { observer.observe($0) }
      } catch {
        observer.finish()
        throw error
      }
      elapsed.add(result.cost)
      history += result.history
      run.state = trainer.state()
      run.result = result
      if run.isUnfinished { break }
    }
    workbench.keep(run)
    currentRun = name
    finish(run, history: history, cost: elapsed)
    refresh()
    try reportInterruption(of: run)
  }

  /// Prints the outcome, keeps the scores and leaves the receipt.
  private func finish(_ run: TrainingRun, history: [EpochRecord], cost: TrainingCost) {
    guard let result = run.result else { return }
    let accuracy = result.validation?.accuracy ?? history.last?.validationAccuracy
    metrics["\(run.name).train.loss"] = history.last?.trainLoss
    metrics["\(run.name).train.accuracy"] = history.last?.trainAccuracy.value
    metrics["\(run.name).val.accuracy"] = accuracy?.value
    metrics["\(run.name).val.loss"] = result.validation?.meanLoss ?? history.last?.validationLoss
    metrics["\(run.name).seconds"] = cost.seconds
    let proof = result.freezeProof
    console.event(
      "run",
      [
        ("run", .string(run.name)), ("ending", .string("\(result.ending)")),
        ("step", .integer(result.step)), ("steps", .integer(result.totalSteps)),
        ("val.accuracy", accuracy.map { .number($0.value) } ?? .null),
        ("val.loss", metrics["\(run.name).val.loss"].map(JSONValue.number) ?? .null),
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
      accuracy.map { "val.accuracy \($0)\(place)" }
      ?? (isStopped ? "not measured yet" : "no validation images")
    console.print(
      "\(run.name): \(score), \(cost.seconds.durationText), "
        + "\(NumberText.grouped(Int(cost.imagesPerSecond.rounded()))) img/s, weights \(result.weightsHash.prefix(8))"
    )
    console.print("\(run.name): \(proof)")
    if let best = result.bestEpoch, best != history.last?.epoch, history.count > 1 {
      let kept = result.ending == .outOfPatience ? "kept" : "the last epoch's weights are kept"
      console.print("\(run.name): epoch \(best) was the best; \(kept)")
    }
    // A stop by Ctrl-C is not measured and its replay is: only the weights are the same in both.
    let measured = run.isUnfinished ? nil : accuracy
    leaveReceipt(
      (measured.map { "val.accuracy \(ProgressLine.decimals($0.value)), " } ?? "")
        + "weights \(result.weightsHash.prefix(8))")
  }

  /// At the prompt says how to go on; in a recipe ends it, so that nothing runs as if all was done.
  private func reportInterruption(of run: TrainingRun) throws {
    guard let result = run.result, run.isUnfinished else { return }
    amendRecord("stop", String(result.step))
    let where_ =
      "stopped \(run.name) at step \(result.step) of \(result.totalSteps), weights kept"
    guard interrupts.asksToStop else {
      return console.print("\(where_) - `resume \(run.name)` continues")
    }
    if isInteractive {
      console.print("\(where_) - `resume \(run.name)` continues")
      interrupts.reset()
      return
    }
    let checkpoint = try saveCheckpoint(of: run)
    throw GraftError(
      interrupts.isTerminated ? .terminated : .interrupted,
      "\(where_); the same command continues from \(checkpoint)")
  }
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
