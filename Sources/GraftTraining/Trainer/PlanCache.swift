import GraftEngine
import GraftKernels
import GraftModels

/// The compiled plans of one model, by image shape and configuration.
///
/// Balanced batches come in two sizes, and training and validation take turns, so a run has up to
/// four plans. They share one arena, which is as large as the largest of them needs.
final class PlanCache {
  private struct Key: Hashable {
    let imageShape: Shape
    let configuration: PlanConfiguration
  }

  private let model: Model
  private let pool: ThreadPool
  private var arena = Arena()
  private var plans: [(key: Key, plan: Plan)] = []

  init(model: Model, pool: ThreadPool) {
    self.model = model
    self.pool = pool
  }

  /// The plan for images of this shape; its values are valid until another plan is used.
  func plan(for imageShape: Shape, _ configuration: PlanConfiguration) throws -> Plan {
    let key = Key(imageShape: imageShape, configuration: configuration)
    if let found = plans.first(where: { $0.key == key }) { return found.plan }
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits], loss: model.losses,
      inputShapes: model.inputShapes(for: imageShape), configuration: configuration, pool: pool,
      arena: arena)
    plans.append((key, plan))
    return plan
  }

  /// Frees all memory; plans are compiled again when they are asked for.
  func clear() {
    plans = []
    arena = Arena()
  }
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
