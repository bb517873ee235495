import GraftBase
import GraftEngine
import GraftModels

extension Trainer {
  /// The state after the last update.
  ///
  /// `sharingFrozen` saves the memory of tensors that this run cannot change.
  func capture(sharingFrozen: Bool) -> RunState {
    let changing = Set(policy.changing.map(\.name))
    var weights: [String: Tensor] = [:]
    for parameter in model.parameters {
      let isShared = sharingFrozen && !changing.contains(parameter.name)
      weights[parameter.name] = isShared ? parameter.value : parameter.value.copied()
    }
    return RunState(
      progress: progress, place: place, policy: policy.policy, settings: settings,
      identity: identity, weights: weights,
      optimizer: optimizer.states.mapValues { $0.copied() },
      bestWeights: sharingFrozen ? bestWeights : bestWeights.mapValues { $0.copied() },
      averages: (averages?.values ?? [:]).mapValues { $0.copied() })
  }

  /// The state after the last update, on the trainer's own memory: to be written before the next.
  package func lentState() -> RunState {
    RunState(
      progress: progress, place: place, policy: policy.policy, settings: settings,
      identity: identity,
      weights: Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.value) }),
      optimizer: optimizer.states, bestWeights: bestWeights, averages: averages?.values ?? [:])
  }

  /// Moves to a state; throws and changes nothing when it is of another run.
  func restore(_ state: RunState) throws {
    try checkOrigin(of: state)
    for parameter in model.parameters {
      guard state.weights[parameter.name]?.shape == parameter.value.shape else {
        throw GraftError(
          .input, "the checkpoint does not fit the model at '\(parameter.name)'",
          help: "resume with the encoder and head that the run was started with")
      }
    }
    guard state.progress.batch <= training.batchCount else {
      throw GraftError(
        .input,
        "the checkpoint stopped at batch \(state.progress.batch) of an epoch that has "
          + "\(training.batchCount)", help: "resume with the same data and batch size")
    }
    try optimizer.check(state.optimizer)
    guard state.averages.mapValues(\.shape) == averages?.values.mapValues(\.shape) ?? [:] else {
      throw GraftError(
        .input, "the checkpoint's averages of weights do not fit the run",
        help: "resume with the policy and ema= that the run was started with")
    }
    rewind(to: state)
  }

  /// Refuses a state that was made from something else, in another phase or by another policy.
  private func checkOrigin(of state: RunState) throws {
    var others = Set(identity.keys).union(state.identity.keys).sorted()
      .filter { identity[$0] != state.identity[$0] }
    if place.phase != state.place.phase { others.append("phase") }
    if place.stepsBefore != state.place.stepsBefore { others.append("number of steps before") }
    if let other = others.first {
      throw GraftError(
        .input, "the checkpoint was made with another \(other.escapingControlCharacters)",
        help: "resume with the settings of the run, or train again")
    }
    guard state.policy == policy.policy else {
      throw GraftError(
        .input, "the checkpoint was made with policy \(state.policy), not \(policy.policy)",
        help: "a resumed run keeps its policy; use 'train from=' to continue with another")
    }
  }

  /// Moves to a state that is known to fit.
  func rewind(to state: RunState) {
    fill(model.parameters, from: state.weights)
    optimizer.rewind(to: state.optimizer)
    averages?.rewind(to: state.averages)
    bestWeights = state.bestWeights
    progress = state.progress
    model.calibration = Calibration(thresholds: progress.thresholds)
    if isOutOfPatience { progress.patienceStart = progress.history.count }
  }

  /// Ends the epoch in progress and begins the next.
  func closeEpoch(_ evaluation: Evaluation?) -> EpochRecord {
    let totals = progress.totals
    let record = EpochRecord(
      epoch: progress.epoch + 1, step: progress.step, trainLoss: totals.meanLoss,
      trainAccuracy: Proportion(totals.correct, of: totals.judged),
      validationLoss: evaluation?.meanLoss,
      validationAccuracy: evaluation?.meanPrecision == nil ? evaluation?.accuracy : nil,
      validationOverlap: evaluation?.meanOverlap,
      validationMeanPrecision: evaluation?.meanPrecision, solution: solution)
    progress.history.append(record)
    progress.epoch += 1
    progress.batch = 0
    progress.totals = EpochTotals()
    let isBest = progress.best.map { record.isBetter(than: progress.history[$0]) }
    if isBest ?? (record.validationLoss?.isFinite ?? false) {
      progress.best = progress.history.count - 1
      if settings.copiesBest {
        bestWeights = Dictionary(
          uniqueKeysWithValues: policy.changing.map {
            ($0.name, (averages?.values[$0.name] ?? $0.value).copied())
          })
      }
    }
    return record
  }

  /// Whether `patience` epochs went by without a better one.
  var isOutOfPatience: Bool {
    guard let patience = settings.patience, let best = progress.best else { return false }
    return progress.history.count - 1 - max(best, (progress.patienceStart ?? 0) - 1) >= patience
  }

  /// Ends with the weights of the best epoch.
  func endWithBest() {
    fill(policy.changing, from: bestWeights)
    averages?.reset()
  }

  private func fill(_ parameters: [Parameter], from values: [String: Tensor]) {
    for parameter in parameters {
      guard let value = values[parameter.name] else { continue }
      // A tensor shared with the state is the parameter's own memory.
      if value.slice.pointer != parameter.slice.pointer { parameter.slice.copy(from: value.slice) }
      parameter.markChanged()
    }
  }
}
