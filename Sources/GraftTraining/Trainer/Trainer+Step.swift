import GraftBase
import GraftEngine
import GraftKernels

extension Trainer {
  /// One update; returns the mean loss of the batch.
  ///
  /// Nothing is changed when the loss or a gradient is not finite: the running statistics that the
  /// forward pass moved are put back and the error names layer and files.
  ///
  /// `multiplier` replaces the schedule's. After the first updates nothing is allocated.
  package func update(on batch: LabeledImages, multiplier: Double? = nil) throws -> Double {
    saveStatistics()
    let (plan, norm) = try differentiate(batch, draw: progress.step)
    apply(norm: norm, multiplier: multiplier) { self.gradient(of: $0, in: plan) }
    return count(batch, in: plan)
  }

  /// Keeps the moving statistics as they are before an update.
  func saveStatistics() {
    for (parameter, copy) in zip(policy.movingStatistics, statisticsBefore) {
      copy.slice.copy(from: parameter.slice)
    }
  }

  func restoreStatistics() { restore(statisticsBefore) }

  /// Computes `gradients` of the mean loss of a batch, and the norm of all together.
  ///
  /// They stay valid until the next batch. `draw` addresses what is drawn at random.
  func differentiate(_ batch: LabeledImages, draw: Int) throws -> (plan: Plan, norm: Double) {
    let plan = try plans.plan(loadedWith: batch, policy.configuration)
    if model.task.isOfImages {
      shape(plan.input(model.target), classCount: batch.classCount)
    }
    let random = RandomAddress(seed: settings.seed, step: draw)
    plan.forward(random: random)
    for parameter in policy.movingStatistics { parameter.markChanged() }

    let losses = plan.value(model.trainingLosses).buffer
    guard losses.allSatisfy(\.isFinite) else {
      let places = losses.indices.filter { !losses[$0].isFinite }
      restore(statisticsBefore)
      throw fault("loss", in: batch, at: places, layer: try faultyLayer(batch, plan, random))
    }
    let overflown = policy.movingStatistics.first { !$0.slice.buffer.allSatisfy(\.isFinite) }
    if let overflown {
      restore(statisticsBefore)
      throw fault("batch-norm statistic", in: batch, at: [], layer: overflown.name)
    }
    plan.backward()
    gradients.removeAll(keepingCapacity: true)
    for parameter in policy.trainable { gradients.append(gradient(of: parameter, in: plan)) }
    let norm = gradientNorm.of(gradients, pool: pool)
    guard norm.isFinite else {
      restore(statisticsBefore)
      let place = gradients.firstIndex { !$0.buffer.allSatisfy(\.isFinite) }
      throw fault("gradient", in: batch, at: [], layer: place.map { policy.trainable[$0].name })
    }
    return (plan, norm)
  }

  /// Has the optimizer make its step by gradients with this norm, once they are multiplied by `share`.
  func apply(
    norm: Double, share: Double = 1, multiplier: Double? = nil, gradient: (Parameter) -> Slice
  ) {
    let clip = settings.gradientLimit.map { GradientNorm.scale(norm: norm, limit: $0) } ?? 1
    optimizer.step(
      multiplier: multiplier ?? curve.multiplier(at: progress.step, after: progress.history),
      momentum: curve.momentum(at: progress.step), gradientScale: clip * share, pool: pool,
      gradient: gradient)
    averages?.add(step: progress.step, pool: pool)
  }

  /// Smooths targets, mixed or not, and weighs them by class.
  private func shape(_ targets: Slice, classCount: Int) {
    let smoothing = Float(settings.smoothing)
    if smoothing > 0 {
      // Of each label by itself there are two classes.
      let share = smoothing / Float(model.task == .multiLabel ? 2 : classCount)
      for place in 0..<targets.count {
        targets.pointer[place] = targets.pointer[place] * (1 - smoothing) + share
      }
    }
    if let weights = settings.classWeights, model.task == .classification {
      for place in 0..<targets.count { targets.pointer[place] *= weights[place % classCount] }
    }
  }

  private func gradient(of parameter: Parameter, in plan: Plan) -> Slice {
    guard let slice = plan.gradient(of: parameter) else {
      preconditionFailure("the plan has no gradient of \(parameter.name)")
    }
    return slice
  }

  /// Adds a batch to the sums of the epoch, in the order of its images; returns its mean loss.
  func count(_ batch: LabeledImages, in plan: Plan) -> Double {
    let (losses, logits) = (plan.value(model.trainingLosses).buffer, plan.value(model.logits))
    // Copies of the first images carry the losses of those.
    let copies = model.copiesOfEachSample
    let count = batch.count / copies
    let loss = losses[..<count].reduce(0.0) { $0 + Double($1) }
    let judged = model.task.judged(
      logits: logits.part(0, count: logits.count / copies),
      targets: batch.targets.part(0, count: batch.targets.count / copies),
      classCount: model.classes.count)
    progress.totals.images += count
    progress.totals.loss += loss
    progress.totals.correct += judged.correct
    progress.totals.judged += judged.judged
    return loss / Double(count)
  }

  private func restore(_ statistics: [Tensor]) {
    for (parameter, value) in zip(policy.movingStatistics, statistics) {
      parameter.slice.copy(from: value.slice)
      parameter.markChanged()
    }
  }

  /// Runs the step again layer by layer and finds where the first NaN or infinity appears.
  private func faultyLayer(
    _ batch: LabeledImages, _ plan: Plan, _ random: RandomAddress
  ) throws -> String? {
    guard batch.images.buffer.allSatisfy(\.isFinite) else { return "the images themselves" }
    let statistics = policy.movingStatistics.map { $0.value.copied() }
    defer { restore(statistics) }
    return try plans.faultyLayer(
      in: batch, targets: plan.input(model.target), policy.configuration, random: random)
  }

  private func fault(
    _ what: String, in batch: LabeledImages, at places: [Int], layer: String?
  ) -> GraftError {
    let samples = places.isEmpty ? batch.samples : places.map { batch.samples[$0] }
    let names = samples.prefix(4).map { training.name(ofSample: $0).escapingControlCharacters }
    let files = names.joined(separator: ", ") + (samples.count > 4 ? ", …" : "")
    let place = layer.map { ", first at \($0.escapingControlCharacters)" } ?? ""
    return GraftError(
      .failed,
      "the \(what) is not finite in update \(progress.step + 1) "
        + "(epoch \(progress.epoch + 1), batch \(progress.batch + 1))\(place); images: \(files). "
        + "The update was not applied; the weights are those before it",
      help: "lower the learning rate, limit gradients with clip=1, or check these images")
  }
}
