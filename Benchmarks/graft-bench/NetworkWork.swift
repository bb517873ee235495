import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

/// One network at one batch and size in one variant, ready to be timed.
struct Measurement {
  /// What is trained.
  enum Variant: String, CaseIterable {
    case inference
    case headOnly = "A"
    case everything = "B"
    case everythingFixedStatistics = "B, fixed statistics"
  }

  let plan: Plan
  private let label: String
  private let batch: Int

  init(encoder: String, batch: Int, size: Int, variant: Variant, pool: ThreadPool) throws {
    let spec = try Encoders.named(encoder)
    let model = try Model(
      spec: spec, head: .linear(), classes: (0..<10).map { "class \($0)" }, seed: 0,
      input: spec.input.resized(to: size))
    plan = try Plan(
      graph: model.graph, outputs: [model.logits],
      loss: variant == .inference ? nil : model.losses,
      inputShapes: model.inputShapes(batch: batch),
      configuration: Self.configuration(variant, model), pool: pool)
    label = "\(encoder) \(size) px, batch \(batch), \(variant.rawValue)"
    self.batch = batch
    var random = RandomStream(seed: 1, purpose: .drawing)
    let image = plan.input("image")
    for index in 0..<image.count { image.pointer[index] = Float(random.uniform(-2...2)) }
    guard variant != .inference else { return }
    let target = plan.input("target")
    for index in 0..<target.count { target.pointer[index] = index % 10 == 3 ? 1 : 0 }
  }

  private static func configuration(_ variant: Variant, _ model: Model) -> PlanConfiguration {
    let norms = model.graph.nodes.filter { $0.op is BatchNormOp }.map(\.index)
    let all = Set(model.parameters.filter(\.canTrain).map(\.name))
    return switch variant {
    case .inference: .inference
    case .headOnly:
      PlanConfiguration(trainable: Set(model.groups.last?.parameters.map(\.name) ?? []))
    case .everything: PlanConfiguration(trainable: all, trainingNodes: Set(norms))
    case .everythingFixedStatistics: PlanConfiguration(trainable: all)
    }
  }

  /// Times whole steps and says what the median gives.
  func run(steps: Int) -> String {
    let clock = ContinuousClock()
    let times = (0...steps).map { _ in
      clock.measure {
        plan.forward()
        plan.backward()
        // As after an optimizer's step: packed weights are stale.
        for parameter in plan.trainableParameters { parameter.markChanged() }
      }
    }
    let median = times.dropFirst().sorted()[steps / 2] / .seconds(1)
    let rate = String(format: "%.1f", locale: nil, Double(batch) / median)
    return "\(label): \(rate) img/s, \(plan.peakBytes.bytesText)"
  }
}
