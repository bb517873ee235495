import GraftBase

/// How epochs and runs end: validation, the weights that are kept, the outcome.
extension Trainer {
  /// Evaluates the weights on the validation images, averages of them where they are averaged.
  ///
  /// What is not finite goes back to the last whole epoch and throws, or leaves the run without scores.
  func validate(
    goingBack goesBack: Bool = true, ofAverages: Bool = true,
    _ observer: (TrainingEvent) -> TrainingAnswer
  ) throws -> TrainingAnswer {
    if goesBack, let fault = model.faultyParameter(among: policy.changing, pool: pool) {
      throw try rolledBack("\(fault) after epoch \(progress.epoch + 1)")
    }
    guard let validation else { return .continue }
    var answer = TrainingAnswer.continue
    var fault: NonFiniteOutput?
    let evaluator = Evaluator(model, plans: plans) { output in
      fault = output
      return output.error
    }
    do {
      let averages = ofAverages ? averages : nil
      averages?.exchange()
      defer { averages?.exchange() }
      evaluation = try evaluator.measure(validation) { done, all in
        let reply = observer(.evaluating(batch: done, of: all))
        if reply != .continue { answer = reply }
        return answer != .abort
      }
    } catch {
      guard let fault else { throw error }
      guard goesBack else { return .continue }
      throw try rolledBack(
        "the validation of epoch \(progress.epoch + 1) is not finite\(fault.place)")
    }
    chooseThresholds()
    passOnRemarks(of: validation, observer)
    return answer
  }

  /// Where images have any number of labels, decides about each from the probability with the best F1.
  private func chooseThresholds() {
    guard case .labels(var result)? = evaluation else { return }
    let best = result.bestThresholds
    result.thresholds = best
    evaluation = .labels(result)
    progress.thresholds = best
    model.calibration.thresholds = best
  }

  /// Goes back to the weights of the last whole epoch and words why.
  private func rolledBack(_ fault: String) throws -> GraftError {
    if let rollback { try restore(rollback) }
    return GraftError(
      .failed, "\(fault). The weights are those after update \(progress.step)",
      help: "lower the learning rate or limit gradients with clip=1")
  }

  private func cost(_ meter: ResourceMeter) -> TrainingCost {
    var cost = TrainingCost()
    cost.seconds = meter.seconds
    cost.processorSeconds = meter.processorSeconds
    cost.peakBytes = ResourceMeter.peakBytes
    cost.imagesPerSecond = clock.imagesPerSecond
    cost.waitingShare = clock.waitingShare
    cost.epochEnds = epochEnds
    cost.solvingSeconds = secondsOfSolving
    return cost
  }

  /// How the run ends, once its weights are those of the epoch to keep.
  func keepingEpoch(atEnd ending: TrainingResult.Ending) -> TrainingResult.Ending {
    // The last answer of a run that was over anyway changes nothing.
    guard ending == .completed || ending == .stopped && progress.epoch == settings.epochs else {
      return ending
    }
    if settings.kept == .best, let best = progress.best, best < progress.history.count - 1 {
      endWithBest()
      evaluation = nil
    } else if let averages {
      averages.apply()
    }
    return .completed
  }

  /// Verifies the frozen weights, measures the final ones where they are not yet, and reports.
  func close(
    _ ending: TrainingResult.Ending, meter: ResourceMeter, proof: FreezeProof,
    _ observer: (TrainingEvent) -> TrainingAnswer
  ) throws -> TrainingResult {
    if ending == .aborted, let rollback { try restore(rollback) }
    let endsWithBest = ending == .outOfPatience || ending == .completed && settings.kept == .best
    // A user who asked to stop does not want to wait for a validation.
    if evaluation == nil, endsWithBest {
      _ = try validate(observer)
    } else if evaluation == nil, isAtStop {
      // A run that failed by its scores is replayed up to there: the weights are what is asked for,
      // those in training, not their averages. Trials are compared by what they would keep.
      _ = try validate(goingBack: false, ofAverages: scoresAveragesAtStop, observer)
    }
    rollback = nil
    // Keeping the trainer, or its state, does not keep its buffers.
    plans.clear()
    let result = TrainingResult(
      ending: ending, step: progress.step, totalSteps: curve.totalSteps,
      history: progress.history, bestEpoch: progress.best.map { progress.history[$0].epoch },
      endsWithBest: endsWithBest,
      validation: evaluation, freezeProof: try proof.verified(),
      weightsHash: model.weightsHash.hex,
      cost: cost(meter))
    let hasFinished = ending == .completed || ending == .outOfPatience
    _ = observer(hasFinished ? .finished(result) : .stopped(result))
    return result
  }
}
