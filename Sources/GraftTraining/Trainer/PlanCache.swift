import GraftEngine
import GraftKernels
import GraftModels

/// The compiled plans of one model under one configuration, by batch size.
///
/// Balanced batches have two sizes at most, so nothing is thrown out.
final class PlanCache {
  private let model: Model
  private let configuration: PlanConfiguration
  private let pool: ThreadPool
  private var plans: [Shape: Plan] = [:]

  init(model: Model, configuration: PlanConfiguration, pool: ThreadPool) {
    self.model = model
    self.configuration = configuration
    self.pool = pool
  }

  /// The plan for images of this shape, compiled at first use.
  func plan(for imageShape: Shape) throws -> Plan {
    if let plan = plans[imageShape] { return plan }
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits], loss: model.losses,
      inputShapes: model.inputShapes(for: imageShape), configuration: configuration, pool: pool)
    plans[imageShape] = plan
    return plan
  }

  /// Bytes that the plans compiled so far take at most.
  var peakBytes: Int { plans.values.reduce(0) { $0 + $1.peakBytes } }
}

extension Model {
  /// The shapes of the graph's two inputs for images of this shape.
  func inputShapes(for imageShape: Shape) -> [String: Shape] {
    [
      imageInput: imageShape,
      targetInput: [imageShape.batch, logits.shape.channels],
    ]
  }

  /// The names under which plans take images and targets.
  var imageInput: String { inputName(of: image) }
  var targetInput: String { inputName(of: target) }

  private func inputName(of value: Value) -> String {
    guard let name = graph.values[value.id].inputName else {
      preconditionFailure("images and targets are inputs of the graph")
    }
    return name
  }
}
