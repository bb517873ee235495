import GraftEngine
import GraftKernels
import GraftModels

/// The compiled plans of one model, by image shape and configuration.
///
/// Balanced batches come in two sizes, and training and validation alternate, so a run has up to
/// four plans, and as many more for a frozen part. They share one arena, which is as large as the
/// largest of them needs.
final class PlanCache {
  private struct Key: Hashable {
    let part: ModelPart
    let inputShape: Shape
    let configuration: PlanConfiguration
  }

  private let model: Model
  /// The features between the frozen part and the rest, where a run separates the two.
  private let cut: Value?
  private let pool: ThreadPool
  /// Images at their own resolution may come in any number of sizes; the oldest plan is dropped.
  private static let maxPlans = 12

  private var arena = Arena()
  private var plans: [(key: Key, plan: Plan)] = []

  init(model: Model, cut: Value? = nil, pool: ThreadPool) {
    self.model = model
    self.cut = cut
    self.pool = pool
  }

  /// The plan for a batch of this shape with the batch in its inputs; valid until the next call.
  func plan(loadedWith batch: LabeledImages, _ configuration: PlanConfiguration) throws -> Plan {
    let plan = try plan(for: batch.imageShape, configuration, batch.part)
    plan.input(input(of: batch.part)).copy(from: batch.images)
    plan.input(model.target).copy(from: batch.targets)
    return plan
  }

  /// The features of a batch of images; valid until the next call.
  func features(of batch: LabeledImages) throws -> Slice {
    let plan = try plan(for: batch.imageShape, .inference, .frozen)
    plan.input(model.image).copy(from: batch.images)
    plan.forward()
    return plan.value(input(of: .rest))
  }

  /// The first layer of a batch whose output is not finite, found one operation at a time.
  func faultyLayer(
    in batch: LabeledImages, targets: Slice, _ configuration: PlanConfiguration,
    random: RandomAddress
  ) throws -> String? {
    let interpreter = try Interpreter(
      graph: model.graph, outputs: [model.logits], loss: model.trainingLosses,
      inputShapes: inputShapes(for: batch.imageShape, batch.part),
      startingAt: start(of: batch.part, batch.imageShape),
      configuration: configuration, pool: pool)
    interpreter.input(input(of: batch.part)).copy(from: batch.images)
    interpreter.input(model.target).copy(from: targets)
    return interpreter.forward(random: random)
  }

  /// The plan for inputs of this shape: images, or features for `.rest`.
  func plan(
    for inputShape: Shape, _ configuration: PlanConfiguration, _ part: ModelPart = .whole
  ) throws -> Plan {
    let key = Key(part: part, inputShape: inputShape, configuration: configuration)
    if let found = plans.first(where: { $0.key == key }) { return found.plan }
    if plans.count >= Self.maxPlans { plans.removeFirst() }
    let plan = try Plan(
      graph: model.graph, outputs: [output(of: part)], loss: loss(of: part, configuration),
      inputShapes: inputShapes(for: inputShape, part), startingAt: start(of: part, inputShape),
      configuration: configuration, pool: pool, arena: arena)
    plans.append((key, plan))
    return plan
  }

  /// The arena size that this plan needs, computed without building it.
  func footprint(
    for inputShape: Shape, _ configuration: PlanConfiguration, _ part: ModelPart
  ) throws -> PlanFootprint {
    try Plan.footprint(
      graph: model.graph, outputs: [output(of: part)], loss: loss(of: part, configuration),
      inputShapes: inputShapes(for: inputShape, part), startingAt: start(of: part, inputShape),
      configuration: configuration, threads: pool.threadCount)
  }

  /// Frees all memory; plans are compiled again when they are asked for.
  func clear() {
    plans = []
    arena = Arena()
  }

  private func output(of part: ModelPart) -> Value {
    part == .frozen ? input(of: .rest) : model.logits
  }

  /// Evaluation leaves auxiliary classifiers out.
  private func loss(of part: ModelPart, _ configuration: PlanConfiguration) -> Value? {
    if part == .frozen { return nil }
    return configuration == .inference ? model.losses : model.trainingLosses
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

  /// The shapes of the graph's two inputs for images of this shape, or for features of the rest.
  private func inputShapes(for shape: Shape, _ part: ModelPart) throws -> [String: Shape] {
    let images = [inputName(of: model.image): shape]
    let logits = try model.graph.shapes(
      forInputs: images, reaching: [model.logits.id], startingAt: start(of: part, shape))[
        model.logits.id]
    return images.merging(
      [inputName(of: model.target): model.task.targetShape(forLogits: logits)]
    ) { $1 }
  }

  private func inputName(of value: Value) -> String {
    guard let name = model.graph.values[value.id].inputName else {
      preconditionFailure("images and targets are inputs of the graph")
    }
    return name
  }
}
