import GraftBase
import GraftData
import GraftEngine
import GraftKernels
import GraftModels

/// The peak memory of a training, by what takes it; told from shapes, before anything is allocated.
package struct MemoryForecast: Sendable, Hashable {
  /// What the process holds already: the program, the data set, other runs.
  package let resident: Int
  package let weights: Int
  /// The largest plan: activations, gradients, prepared weights.
  package let plan: Int
  package let optimizer: Int
  /// The copy of everything that changes, for going back to the last whole epoch.
  package let rollback: Int
  /// The weights of the best epoch, where patience keeps them.
  package let best: Int
  /// The loaders' batches: one in use, the others being made.
  package let batches: Int
  /// Kept features of frozen layers, those on disk left out.
  package let features: Int

  package var bytes: Int {
    resident + weights + plan + optimizer + rollback + best + batches + features
  }
}

extension Model {
  /// What training under a policy will take at its peak.
  ///
  /// - Parameters:
  ///   - training: the number of training images.
  ///   - validation: the number of validation images, which may be 0.
  ///   - side: the side of square images; nil is the model's own size.
  ///   - views: the fixed views of each training image; nil when they are drawn anew in each epoch.
  ///   - cache: where features of frozen layers are kept, if they are.
  ///   - resident: bytes that the process holds now, without this model's weights.
  package func memoryForecast(
    _ policy: Policy, settings: TrainingSettings = TrainingSettings(), batchSize: Int,
    training: Int, validation: Int, side: Int? = nil, views: Int? = nil,
    cache: FeatureCache? = nil, resident: Int, pool: ThreadPool
  ) throws -> MemoryForecast {
    let policy = try policy.resolved(for: self, weightDecay: settings.weightDecay)
    let one: Shape = side.map { [1, $0, $0, image.shape.channels] } ?? image.shape
    let prefix = try FrozenPrefix(self, policy.configuration).flatMap { prefix in
      cache?.keeps(prefix) ?? false && copiesOfEachSample == 1 ? prefix : nil
    }
    let plans = PlanCache(model: self, cut: prefix?.cut, pool: pool)
    /// Bytes of the largest plan and of the features for one kind of batches.
    func bytes(
      _ batches: BatchPartition, _ configuration: PlanConfiguration, views: Int?, copies: Int = 1
    ) throws -> (plan: Int, features: Int) {
      guard batches.count > 0 else { return (0, 0) }
      let images = one.withBatch(copies * batches.largestBatch)
      guard let prefix, let cache, let views else {
        return (try plans.footprint(for: images, configuration, .whole).bytes, 0)
      }
      let shape = try prefix.features(of: images)
      let kept = 4 * views * batches.count * (shape.elementCount / shape.batch)
      return (
        max(
          try plans.footprint(for: images, .inference, .frozen).bytes,
          try plans.footprint(for: shape, configuration, .rest).bytes),
        4 * shape.elementCount + (kept <= cache.memoryBudget ? kept : 0)
      )
    }
    func bytes(_ parameters: [Parameter]) -> Int { parameters.reduce(0) { $0 + 4 * $1.count } }
    let batches = BatchPartition(count: training, batchSize: batchSize)
    let validationBatches = BatchPartition(
      count: validation, batchSize: ImageBatches.validationBatchSize(batchSize))
    let trained = try bytes(
      batches, policy.configuration, views: views, copies: copiesOfEachSample)
    let validated = try bytes(validationBatches, .inference, views: 1)
    let slots = try Optimizers.make(settings.optimizer).slotNames.count
    let optimizer = slots * bytes(policy.trainable)
    return MemoryForecast(
      resident: resident, weights: bytes(parameters), plan: max(trained.plan, validated.plan),
      optimizer: optimizer, rollback: bytes(policy.changing) + optimizer,
      best: settings.patience == nil ? 0 : bytes(policy.changing),
      batches: [(batches, copiesOfEachSample), (validationBatches, 1)].reduce(0) { sum, source in
        let (plan, copies) = source
        return sum
          + Loader.bufferCount(plan) * plan.largestBatch * copies * 4 * one.elementCount
      },
      features: trained.features + validated.features)
  }
}
