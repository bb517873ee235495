import GraftBase
import GraftEngine
import GraftImaging
import GraftModels

/// One phase of a run resolved for its model: what is trained, what stays constant, how rates
/// change.
package struct PreparedPhase {
  package let model: Model
  package let policy: ResolvedPolicy
  package private(set) var settings: TrainingSettings
  /// Batches of training images in an epoch.
  package let batchCount: Int
  package let curve: ScheduleCurve
  /// What the policy leaves constant; nil where training changes what the first layer computes.
  let prefix: FrozenPrefix?

  /// Resolves the policy and finds the frozen prefix; refuses settings that cannot be trained.
  package init(_ phase: TrainingPhase, of model: Model, batchCount: Int) throws {
    let settings = phase.settings
    try settings.validate()
    guard batchCount > 0 else {
      throw GraftError(.input, "there are no training images", help: "run 'data' to see its splits")
    }
    guard model.task.isOfImages || settings.smoothing == 0 else {
      throw GraftError(
        .usage, "labels of pixels cannot be smoothed", help: "leave out smooth=")
    }
    self.model = model
    self.settings = settings
    self.batchCount = batchCount
    policy = try phase.policy.resolved(for: model, weightDecay: settings.weightDecay)
    prefix = try FrozenPrefix(model, policy.configuration)
    let updates = settings.updateCount(ofBatches: batchCount)
    curve = ScheduleCurve(
      try Schedules.make(settings.schedule), totalSteps: settings.epochs * updates,
      warmupSteps: Int((settings.warmupEpochs * Double(updates)).rounded()))
  }

  /// The decay of averaged weights; nil where they are not averaged.
  package var averageDecay: Double? {
    switch settings.averaging {
    case nil, .off: nil
    case .fitted: WeightAverages.decay(fitting: curve.totalSteps)
    case .decay(let decay): decay
    }
  }

  /// Refuses batch norms that would take their statistics from a single value per channel.
  func requireStatistics(ofBatch count: Int) throws {
    let graph = model.graph
    guard let image = graph.values[model.image.id].inputName else { return }
    let shapes = try graph.shapes(
      forInputs: [image: model.image.shape.withBatch(count)], reaching: [model.logits.id])
    let nodes = graph.nodes(reaching: [model.logits.id])
    let fault = nodes.first { node in
      policy.configuration.trainingNodes.contains(node.index)
        && node.op.lacksValues(inputs: node.inputs.map { shapes[$0] })
    }
    guard let fault else { return }
    throw GraftError(
      .input,
      "\(fault.path) would normalize one value per channel in a batch of \(count): "
        + "its mean is the value itself and its variance is 0",
      help: "use batch=2 or more, a larger size= of the encoder, or freeze the norms")
  }

  /// The same phase, ended after this many of its updates as if interrupted; nil runs to its end.
  func stopping(at step: Int?) -> PreparedPhase {
    var result = self
    result.settings.stopAtStep = step
    return result
  }

  /// The fixed views of each image that epochs take in turn unless asked otherwise; nil draws anew.
  ///
  /// Images that go through a constant encoder have a few: their features can be kept, and training on
  /// them takes almost no time. Each view is one pass forward, of which training everything takes three in
  /// an epoch; so from four epochs on, as many as keep this at a tenth of that, up to `mostUsualViews`.
  /// Fewer epochs have one, and so have pipelines without operations.
  package func usualViews(of pipeline: Pipeline) -> Int? {
    // Patches are drawn in each epoch, with their masks; of images that grow no features are kept.
    guard model.task.isOfImages, settings.sides == nil else { return nil }
    guard !pipeline.isEmpty else { return 1 }
    guard pipeline.mixing == nil else { return nil }
    guard prefix?.pays ?? false else { return nil }
    return min(max(1, 3 * settings.epochs / 10), Self.mostUsualViews)
  }

  private static let mostUsualViews = 4
}
