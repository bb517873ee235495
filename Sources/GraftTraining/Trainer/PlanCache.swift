import GraftEngine
import GraftKernels
import GraftModels

/// The compiled plans of one model, by image shape and configuration.
///
/// Balanced batches come in two sizes, and training and validation take turns, so a run has up to
/// four plans, and as many more for a frozen part. Small ones are all kept. Large ones are compiled
/// again when their turn comes, because
/// memory for two would cost more than the time. What is kept changes no result.
final class PlanCache {
  private struct Key: Hashable {
    let part: ModelPart
    let inputShape: Shape
    let configuration: PlanConfiguration
  }

  private let model: Model
  /// The features between the frozen part and the rest, where a run tells them apart.
  private let cut: Value?
  private let pool: ThreadPool
  private var plans: [(key: Key, plan: Plan)] = []
  /// The most that was held at once, in bytes.
  private(set) var peakBytes = 0

  /// Bytes of plans that are kept without need.
  private static let budget = 512 << 20

  init(model: Model, cut: Value? = nil, pool: ThreadPool) {
    self.model = model
    self.cut = cut
    self.pool = pool
  }

  /// The plan for a batch of this shape with the batch in its inputs; valid until the next call.
  func plan(loadedWith batch: LabelledImages, _ configuration: PlanConfiguration) throws -> Plan {
    let plan = try plan(for: batch.imageShape, configuration, batch.part)
    plan.input(input(of: batch.part)).copy(from: batch.images)
    plan.input(model.target).copy(from: batch.targets)
    return plan
  }

  /// The features of a batch of images; valid until the next call.
  func features(of batch: LabelledImages) throws -> Slice {
    let plan = try plan(for: batch.imageShape, .inference, .frozen)
    plan.input(model.image).copy(from: batch.images)
    plan.forward()
    return plan.value(input(of: .rest))
  }

  /// The first layer of a batch whose output is not finite, found one operation at a time.
  func faultyLayer(
    in batch: LabelledImages, targets: Slice, _ configuration: PlanConfiguration,
    random: RandomAddress
  ) throws -> String? {
    let interpreter = try Interpreter(
      graph: model.graph, outputs: [model.logits], loss: model.losses,
      inputShapes: model.inputShapes(for: batch.imageShape),
      startingAt: start(of: batch.part, batch.imageShape),
      configuration: configuration, pool: pool)
    interpreter.input(input(of: batch.part)).copy(from: batch.images)
    interpreter.input(model.target).copy(from: targets)
    return interpreter.forward(random: random)
  }

  private func plan(
    for inputShape: Shape, _ configuration: PlanConfiguration, _ part: ModelPart
  ) throws -> Plan {
    let key = Key(part: part, inputShape: inputShape, configuration: configuration)
    if let place = plans.firstIndex(where: { $0.key == key }) {
      plans.append(plans.remove(at: place))
    } else {
      makeRoom()
      let isFrozen = part == .frozen
      let plan = try Plan(
        graph: model.graph, outputs: [isFrozen ? input(of: .rest) : model.logits],
        loss: isFrozen ? nil : model.losses, inputShapes: model.inputShapes(for: inputShape),
        startingAt: start(of: part, inputShape),
        configuration: configuration, pool: pool)
      plans.append((key, plan))
      peakBytes = max(peakBytes, heldBytes)
    }
    return plans[plans.count - 1].plan
  }

  /// Where a batch goes in.
  private func input(of part: ModelPart) -> Value {
    guard part == .rest else { return model.image }
    guard let cut else { preconditionFailure("features for a model that is not cut") }
    return cut
  }

  private func start(of part: ModelPart, _ shape: Shape) -> FedValue? {
    part == .rest ? FedValue(input(of: part), shape: shape) : nil
  }

  private var heldBytes: Int { plans.reduce(0) { $0 + $1.plan.peakBytes } }

  /// Drops the plans not used for longest until one as large as the largest would fit.
  private func makeRoom() {
    let largest = plans.map(\.plan.peakBytes).max() ?? 0
    while !plans.isEmpty, heldBytes + largest > Self.budget { plans.removeFirst() }
  }
}

extension Model {
  /// The shapes of the graph's two inputs for images of this shape.
  fileprivate func inputShapes(for imageShape: Shape) -> [String: Shape] {
    [
      imageInput: imageShape,
      targetInput: [imageShape.batch, logits.shape.channels],
    ]
  }

  private var imageInput: String { inputName(of: image) }
  private var targetInput: String { inputName(of: target) }

  private func inputName(of value: Value) -> String {
    guard let name = graph.values[value.id].inputName else {
      preconditionFailure("images and targets are inputs of the graph")
    }
    return name
  }
}
