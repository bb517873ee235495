import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

/// Trains one phase of a run and reports to an observer.
///
/// The result is a function of model, data, policy and settings alone: neither the thread count nor
/// the time nor an interruption can change a bit of it.
package final class Trainer {
  package let phase: PreparedPhase
  /// What the run is made from, by name.
  package let identity: [String: String]
  package let place: RunPlace
  /// How the head is solved for, where it is not trained.
  let solving: HeadSolving?

  let training: any BatchSource
  let validation: (any BatchSource)?
  let pool: ThreadPool
  /// Messages about views and stored features when the run starts.
  private let opening: [String]
  let optimizer: Optimizer
  let plans: PlanCache
  var progress = RunState.Progress()
  var bestWeights: [String: Tensor] = [:]
  /// The moving statistics before the update in progress, in the policy's order.
  let statisticsBefore: [Tensor]
  /// The gradients of the update in progress, in the policy's order.
  var gradients: [Slice] = []
  let gradientNorm = GradientNorm()
  /// Where the gradients of several batches make one update.
  private let gradientSum: GradientSum?
  /// Where weights are averaged; after the end of the run equal to the weights.
  let averages: WeightAverages?
  /// Whether the scores of a run that ends at `stop=` are those of the averages, which it would keep at its end, and
  /// not of the weights in training.
  package var scoresAveragesAtStop = false
  var clock = TrainingClock()
  /// The part of `clock` that belongs to the epoch in progress.
  private var epochClock = TrainingClock()
  /// Seconds from the start of `run` to the end of each of its epochs.
  var epochEnds: [Double] = []
  /// The validation of the weights as they are, if there was one.
  var evaluation: Evaluation?
  /// What solving the head came to, once it has.
  var solution: HeadSolution?
  /// Seconds that its solution took, once features were there.
  var secondsOfSolving = 0.0
  /// The state after the last whole epoch, for an abort and for checkpoints; nil before `run`.
  ///
  /// Nothing writes into its tensors, so that another thread may save it.
  package internal(set) var rollback: RunState?

  /// Makes what a phase needs to run; with `state`, the continuation of one.
  ///
  /// `identity` names what the run is made from; a state made from something else is refused. Features
  /// of a frozen encoder are kept in `cache`; that changes no bit. With `solving`, the head is solved for.
  package init(
    _ phase: PreparedPhase, training: any BatchSource, validation: (any BatchSource)? = nil,
    pool: ThreadPool, cache: FeatureCache? = nil, identity: [String: String] = [:],
    place: RunPlace = RunPlace(), solving: HeadSolving? = nil, resuming state: RunState? = nil
  ) throws {
    precondition(training.batchCount == phase.batchCount, "batches that were not prepared for")
    self.phase = phase
    self.pool = pool
    self.identity = identity
    self.place = place
    self.solving = solving
    try phase.requireMemory()
    let sources = try FeatureSources(phase, training, validation, cache: cache, pool: pool)
    self.training = sources.training
    self.validation = sources.validation
    plans = sources.plans
    let keepsBest = phase.settings.kept == .best
    opening =
      sources.remarks
      + (phase.averageDecay.map {
        ["weights are averaged with a decay of \($0.shortText) per update"]
      } ?? [])
      + (phase.sizesText.map { ["training images grow: \($0)"] } ?? [])
      + (keepsBest ? ["the weights of the epoch with the best validation score are kept"] : [])
    optimizer = Optimizer(
      try Optimizers.make(phase.settings.optimizer), groups: phase.policy.groups)
    let accumulates = phase.settings.accumulation ?? 1 > 1
    gradientSum = accumulates ? GradientSum(of: phase.policy.trainable) : nil
    statisticsBefore = phase.policy.movingStatistics.map { Tensor($0.value.shape) }
    averages = phase.averageDecay.map { WeightAverages(of: phase.policy.trainable, decay: $0) }
    if let state { try restore(state) }
  }

  package var model: Model { phase.model }
  var evaluator: Evaluator { Evaluator(model, plans: plans) }
  package var policy: ResolvedPolicy { phase.policy }
  package var settings: TrainingSettings { phase.settings }
  package var curve: ScheduleCurve { phase.curve }

  /// Trains to the end, or until the observer, `stopAtStep` or patience ends the run.
  ///
  /// Throws when a loss or gradient is not finite, before the update, and when a file cannot be
  /// read; the weights are then those after the last good update.
  package func run(
    observer observe: (TrainingEvent) -> TrainingAnswer = { _ in .continue }
  ) throws -> TrainingResult {
    let meter = ResourceMeter()
    let proof = FreezeProof(policy)
    clock = TrainingClock()
    epochEnds = []
    evaluation = nil
    // What was found for other weights.
    model.calibration = Calibration(thresholds: progress.thresholds)
    rollback = capture(sharingFrozen: true)
    training.start(epoch: progress.epoch, at: progress.batch)
    func observer(_ event: TrainingEvent) -> TrainingAnswer {
      if case .epoch = event { epochEnds.append(meter.seconds) }
      return observe(event)
    }
    var answer = observer(.started(policy, curve))
    for remark in opening { _ = observer(.remark(remark)) }
    do {
      var ending: TrainingResult.Ending?
      while ending == nil {
        if answer == .continue, progress.epoch < settings.epochs {
          (ending, answer) =
            try solving.map { try solveEpoch($0, observer) } ?? runEpoch(observer)
        } else {
          ending = Self.ending(for: answer) ?? .completed
        }
      }
      let final = keepingEpoch(atEnd: ending ?? .completed)
      return try close(final, meter: meter, proof: proof, observer)
    } catch {
      // What is kept of a failed run may need this memory.
      plans.clear()
      rollback = nil
      throw error
    }
  }

  /// The result of a run that had ended so in the state it was continued from: measured, not trained.
  package func concluded(as ending: TrainingResult.Ending) throws -> TrainingResult {
    let hasFinished = ending == .completed || ending == .outOfPatience
    if hasFinished { _ = try validate { _ in .continue } }
    return try close(ending, meter: ResourceMeter(), proof: FreezeProof(policy)) { _ in .continue }
  }

  /// Bytes of everything that training changes.
  private var bytesOfCopy: Int {
    let slots = optimizer.rule.slotNames.count
    let changing = policy.changing.reduce(0) { $0 + 4 * $1.count }
    let memory = slots * policy.trainable.reduce(0) { $0 + 4 * $1.count }
    let averaged = averages == nil ? 0 : policy.trainable.reduce(0) { $0 + 4 * $1.count }
    return (settings.copiesBest ? 2 : 1) * changing + memory + averaged
  }

  /// The state after the last update, with memory of its own where there is enough.
  package func state() -> RunState {
    let needed = bytesOfCopy + model.weightBytes
    let hasRoom = (try? Storage.requireRoom(needed, for: "the copy of the weights")) != nil
    return hasRoom ? capture(sharingFrozen: false) : lentState()
  }

  /// Updates of this phase that were applied.
  package var stepsDone: Int { progress.step }

  /// Trains and validates what is left of the epoch in progress.
  private func runEpoch(
    _ observer: (TrainingEvent) -> TrainingAnswer
  ) throws -> (TrainingResult.Ending?, TrainingAnswer) {
    evaluation = nil
    epochClock = TrainingClock()
    var answer = TrainingAnswer.continue
    while progress.batch < training.batchCount {
      guard answer == .continue, !isAtStop else {
        return (Self.ending(for: answer) ?? .stopped, answer)
      }
      answer = try runUpdate(observer)
    }
    // A stop after the last batch leaves the epoch open, so that resuming validates it.
    guard answer == .continue, !isAtStop else {
      return (Self.ending(for: answer) ?? .stopped, answer)
    }
    if progress.epoch + 1 < settings.epochs { training.start(epoch: progress.epoch + 1, at: 0) }
    return try endEpoch(observer)
  }

  /// Validates the weights that an epoch has made, and records it.
  func endEpoch(
    _ observer: (TrainingEvent) -> TrainingAnswer
  ) throws -> (TrainingResult.Ending?, TrainingAnswer) {
    let answer = try validate(observer)
    guard answer != .abort else { return (.aborted, answer) }
    // The old copy is freed first, so that there are never two.
    rollback = nil
    try Storage.requireRoom(
      bytesOfCopy, for: "the copy of the weights",
      help: "freeze more layers, or choose a smaller encoder or optimizer=sgd")
    let record = closeEpoch(evaluation)
    rollback = capture(sharingFrozen: true)
    let reply = observer(.epoch(record))
    if let remark = remarkOnRate { _ = observer(.remark(remark)) }
    if isOutOfPatience {
      endWithBest()
      evaluation = nil
      return (.outOfPatience, reply)
    }
    return (nil, answer == .continue ? reply : answer)
  }

  /// What the scores of the last epoch have made of the rate, where they changed it.
  private var remarkOnRate: String? {
    let (schedule, history) = (curve.schedule, progress.history)
    let multiplier = schedule.multiplier(after: history)
    guard multiplier != schedule.multiplier(after: Array(history.dropLast())),
      progress.epoch < settings.epochs
    else { return nil }
    return "the rate is \(multiplier.threeDigitText) of its peak from epoch \(progress.epoch + 1)"
  }

  /// Makes one update: of a batch, or of several.
  private func runUpdate(
    _ observer: (TrainingEvent) -> TrainingAnswer
  ) throws -> TrainingAnswer {
    let start = ContinuousClock.now
    let waited = training.secondsWaited
    func nextBatch() throws -> LabeledImages {
      guard let batch = try training.nextBatch() else {
        preconditionFailure("a source with fewer batches than promised")
      }
      passOnRemarks(of: training, observer)
      return batch
    }
    let (images, loss): (Int, Double)
    if let gradientSum {
      (images, loss) = try update(addingUpIn: gradientSum, next: nextBatch)
    } else {
      let batch = try nextBatch()
      (images, loss) = (batch.count, try update(on: batch))
      progress.batch += 1
    }
    clock.add(since: start, images: images, waited: training.secondsWaited - waited)
    epochClock.add(since: start, images: images, waited: training.secondsWaited - waited)
    progress.step += 1
    return observer(
      .progress(
        TrainingProgress(
          step: progress.step, totalSteps: curve.totalSteps, epoch: progress.epoch + 1,
          epochs: settings.epochs, loss: loss, epochLoss: progress.totals.meanLoss,
          imagesPerSecond: epochClock.imagesPerSecond,
          remainingSeconds: epochClock.secondsPerStep * Double(curve.totalSteps - progress.step),
          waitingShare: epochClock.waitingShare)))
  }

  func passOnRemarks(
    of source: any BatchSource, _ observer: (TrainingEvent) -> TrainingAnswer
  ) {
    guard let features = source as? FeatureBatches else { return }
    for remark in features.takeRemarks() { _ = observer(.remark(remark)) }
  }

  var isAtStop: Bool {
    progress.step < curve.totalSteps && progress.step >= settings.stopAtStep ?? .max
  }

  static func ending(for answer: TrainingAnswer) -> TrainingResult.Ending? {
    switch answer {
    case .continue: nil
    case .stop: .stopped
    case .abort: .aborted
    }
  }
}
