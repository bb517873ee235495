import GraftBase
import GraftData
import GraftEngine
import GraftKernels
import GraftModels

/// The peak memory of a training by what takes it, from shapes, before anything is allocated.
package struct MemoryForecast: Sendable, Hashable {
  /// What the process holds already: the program, the data set, other runs.
  package let resident: Int
  package let weights: Int
  /// The largest plan: activations, gradients, prepared weights.
  package let plan: Int
  /// The optimizer's memory, the sum of gradients where several batches make an update, and averages of weights.
  package let optimizer: Int
  /// The copy of everything that changes, for going back to the last whole epoch.
  package let rollback: Int
  /// The weights of the best epoch, where the run may end with them.
  package let best: Int
  /// The loaders' batches: one in use, the others being made.
  package let batches: Int
  /// Kept features of frozen layers, those on disk left out.
  package let features: Int

  package var bytes: Int {
    resident + weights + plan + optimizer + rollback + best + batches + features
  }
}

extension PreparedPhase {
  /// What training the phase will take at its peak.
  ///
  /// - Parameters:
  ///   - training: the training images in their batches.
  ///   - validation: the validation images in theirs; there may be none.
  ///   - side: the side of square images; nil is the model's own size.
  ///   - views: the fixed views of each training image; nil when each epoch has new draws.
  ///   - cache: where features of frozen layers are kept, if they are.
  ///   - resident: bytes that the process holds now, without this model's weights.
  package func memoryForecast(
    training: BatchPartition, validation: BatchPartition, side: Int? = nil, views: Int? = nil,
    cache: FeatureCache? = nil, resident: Int, pool: ThreadPool
  ) throws -> MemoryForecast {
    let image: Shape = side.map { [1, $0, $0, model.image.shape.channels] } ?? model.image.shape
    let sources = [
      ForecastBatches(
        partition: training, copies: model.copiesOfEachSample, views: views,
        configuration: policy.configuration),
      ForecastBatches(partition: validation, copies: 1, views: 1, configuration: .inference),
    ]
    let kept = prefix.flatMap { prefix in
      cache?.keeps(prefix) ?? false && model.copiesOfEachSample == 1 ? prefix : nil
    }
    let plans = PlanCache(model: model, cut: kept?.cut, pool: pool)
    let needs = try sources.map { try $0.bytes(of: image, plans, kept, cache) }
    func bytes(_ parameters: [Parameter]) -> Int { parameters.reduce(0) { $0 + 4 * $1.count } }
    let slots = try Optimizers.make(settings.optimizer).slotNames.count
    let accumulates = settings.accumulation ?? 1 > 1
    let averages = settings.averaging == nil ? 0 : bytes(policy.trainable)
    let optimizer = slots * bytes(policy.trainable)
    return MemoryForecast(
      resident: resident, weights: model.weightBytes,
      plan: needs.map(\.plan).max() ?? 0,
      optimizer: optimizer + (accumulates ? bytes(policy.trainable) : 0) + averages,
      rollback: bytes(policy.changing) + optimizer + averages,
      best: settings.copiesBest ? bytes(policy.changing) : 0,
      batches: sources.reduce(0) { $0 + $1.bufferBytes(of: image) },
      features: needs.reduce(0) { $0 + $1.features })
  }
}

extension PreparedPhase {
  /// Refuses a phase whose optimizer and copies of weights alone take more memory than there is.
  func requireMemory() throws {
    let changing = policy.changing.reduce(0) { $0 + 4 * $1.count }
    let slots = try Optimizers.make(settings.optimizer).slotNames.count
    let optimizer = slots * policy.trainable.reduce(0) { $0 + 4 * $1.count }
    let copies = settings.copiesBest ? 2 : 1
    try Storage.requireRoom(
      copies * changing + 2 * optimizer,
      for: "training \(model.spec.shortName) with \(settings.optimizer.name)",
      help: "freeze more layers, or choose a smaller encoder or optimizer=sgd")
  }
}

/// Batches of one kind, for training or for validation.
private struct ForecastBatches {
  let partition: BatchPartition
  /// Images of each sample in a batch.
  let copies: Int
  let views: Int?
  let configuration: PlanConfiguration

  /// Bytes of the largest plan and of the kept features.
  func bytes(
    of image: Shape, _ plans: PlanCache, _ prefix: FrozenPrefix?, _ cache: FeatureCache?
  ) throws -> (plan: Int, features: Int) {
    guard partition.count > 0 else { return (0, 0) }
    let images = image.withBatch(copies * partition.largestBatch)
    guard let prefix, let cache, let views else {
      return (try plans.footprint(for: images, configuration, .whole).bytes, 0)
    }
    let shape = try prefix.features(of: images)
    let kept = 4 * views * partition.count * (shape.elementCount / shape.batch)
    return (
      max(
        try plans.footprint(for: images, .inference, .frozen).bytes,
        try plans.footprint(for: shape, configuration, .rest).bytes),
      4 * shape.elementCount + (kept <= cache.memoryBudget ? kept : 0)
    )
  }

  /// Bytes of the loader's buffers.
  func bufferBytes(of image: Shape) -> Int {
    Loader.bufferCount(partition) * partition.largestBatch * copies * 4 * image.elementCount
  }
}

extension Model {
  /// Bytes of all parameters.
  package var weightBytes: Int { parameters.reduce(0) { $0 + 4 * $1.count } }
}
