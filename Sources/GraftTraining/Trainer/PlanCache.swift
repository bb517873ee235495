import GraftEngine
import GraftKernels
import GraftModels

/// The compiled plans of one model, by image shape and configuration.
///
/// Balanced batches come in two sizes, and training and validation take turns, so a run has up to
/// four plans. Small ones are all kept. Large ones are compiled again when their turn comes, because
/// memory for two would cost more than the time. What is kept changes no result.
final class PlanCache {
  private struct Key: Hashable {
    let imageShape: Shape
    let configuration: PlanConfiguration
  }

  private let model: Model
  private let pool: ThreadPool
  private var plans: [(key: Key, plan: Plan)] = []
  /// The most that was held at once, in bytes.
  private(set) var peakBytes = 0

  /// Bytes of plans that are kept without need.
  private static let budget = 512 << 20

  init(model: Model, pool: ThreadPool) {
    self.model = model
    self.pool = pool
  }

  /// The plan for images of this shape; valid until the next call.
  func plan(for imageShape: Shape, _ configuration: PlanConfiguration) throws -> Plan {
    let key = Key(imageShape: imageShape, configuration: configuration)
    if let place = plans.firstIndex(where: { $0.key == key }) {
      plans.append(plans.remove(at: place))
    } else {
      makeRoom()
      let plan = try Plan(
        graph: model.graph, outputs: [model.logits], loss: model.losses,
        inputShapes: model.inputShapes(for: imageShape), configuration: configuration, pool: pool)
      plans.append((key, plan))
      peakBytes = max(peakBytes, heldBytes)
    }
    return plans[plans.count - 1].plan
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
