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

  package var bytes: Int { resident + weights + plan + optimizer + rollback + best + batches }
}

extension Model {
  /// What training under a policy will take at its peak.
  ///
  /// - Parameters:
  ///   - training: the number of training images.
  ///   - validation: the number of validation images, which may be 0.
  ///   - side: the side of square images; nil is the model's own size.
  ///   - resident: bytes that the process holds now, without this model's weights.
  package func memoryForecast(
    _ policy: Policy, settings: TrainingSettings = TrainingSettings(), batchSize: Int,
    training: Int, validation: Int, side: Int? = nil, resident: Int, threads: Int
  ) throws -> MemoryForecast {
    let policy = try policy.resolved(for: self, weightDecay: settings.weightDecay)
    let picture: Shape = side.map { [1, $0, $0, image.shape.channels] } ?? image.shape
    guard picture.pixels * batchSize <= Int(Int32.max) else {
      throw GraftError(
        .usage, "\(batchSize) images of \(picture[1])×\(picture[2]) are more than a plan can hold",
        help: "ask for a smaller batch= or size=")
    }
    func bytes(_ parameters: [Parameter]) -> Int { parameters.reduce(0) { $0 + 4 * $1.count } }
    func plan(_ configuration: PlanConfiguration, batch: Int) throws -> Int {
      try Plan.footprint(
        graph: graph, outputs: [logits], loss: losses,
        inputShapes: inputShapes(for: picture.withBatch(batch)),
        configuration: configuration, threads: threads
      ).bytes
    }
    let batches = BatchPlan(count: training, batchSize: batchSize)
    let validationBatches = BatchPlan(
      count: validation, batchSize: PictureBatches.validationBatchSize(batchSize))
    var largest = try plan(policy.configuration, batch: batches.largestBatch)
    if validation > 0 {
      largest = max(largest, try plan(.inference, batch: validationBatches.largestBatch))
    }
    let slots = try Optimizers.make(settings.optimizer).slotNames.count
    let optimizer = slots * bytes(policy.trainable)
    return MemoryForecast(
      resident: resident, weights: bytes(parameters), plan: largest,
      optimizer: optimizer, rollback: bytes(policy.changing) + optimizer,
      best: settings.patience == nil ? 0 : bytes(policy.changing),
      batches: [batches, validationBatches].reduce(0) { sum, plan in
        sum + Loader.bufferCount(plan) * plan.largestBatch * 4 * picture.elementCount
      })
  }
}
