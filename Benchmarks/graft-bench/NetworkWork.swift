import ArgumentParser
import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import GraftModels
import GraftTraining

/// One network at one batch and size in one variant, ready to be run step by step.
final class NetworkWork {
  /// What is computed, as in the peers.
  enum Variant: String, CaseIterable, ExpressibleByArgument {
    case inference
    /// The frozen network in evaluation mode, its last layer trained.
    case headOnly = "A"
    /// Everything trained, batch norm in training mode.
    case everything = "B"
    /// Everything trained, batch norm by its stored statistics.
    case everythingFixedStatistics = "fixed"

    var title: String {
      self == .everythingFixedStatistics ? "B, fixed statistics" : rawValue
    }
  }

  let plan: Plan
  let batch: Int
  let pool: ThreadPool
  private let label: String
  private let optimizer: Optimizer

  init(
    encoder: String, batch: Int, size: Int, variant: Variant, precision: Precision = .fp32,
    pool: ThreadPool
  ) throws {
    let spec = try Encoders.named(encoder)
    let model = try Model(
      spec: spec, head: .linear(), classes: (0..<10).map { "class \($0)" }, seed: 0,
      input: spec.input.resized(to: size), precision: precision)
    plan = try Plan(
      graph: model.graph, outputs: [model.logits],
      loss: variant == .inference ? nil : model.losses,
      inputShapes: model.inputShapes(batch: batch),
      configuration: Self.configuration(variant, model), pool: pool)
    optimizer = try Self.optimizer(plan)
    label = "\(encoder) \(size) px, batch \(batch), \(variant.title), \(precision.rawValue)"
    self.batch = batch
    self.pool = pool
    Self.fill(plan.input(model.image), variant == .inference ? nil : plan.input(model.target))
  }

  /// The head alone on stored features of an encoder, as in every epoch after a cached first one.
  init(headOf encoder: String, batch: Int, pool: ThreadPool) throws {
    let model = try Model(
      spec: Encoders.named(encoder), head: .linear(), classes: (0..<10).map { "class \($0)" },
      seed: 0)
    let features = model.headInput
    plan = try Plan(
      graph: model.graph, outputs: [model.logits], loss: model.losses,
      inputShapes: model.inputShapes(batch: batch),
      startingAt: FedValue(features, shape: features.shape.withBatch(batch)),
      configuration: Self.configuration(.headOnly, model), pool: pool)
    optimizer = try Self.optimizer(plan)
    label = "\(encoder), batch \(batch), head on stored features"
    self.batch = batch
    self.pool = pool
    Self.fill(plan.input(features), plan.input(model.target))
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

  /// Descent with momentum, as in the peers.
  private static func optimizer(_ plan: Plan) throws -> Optimizer {
    let parameters = plan.trainableParameters
    let group = ParameterGroup(
      name: "trained", parameters: parameters, trainable: parameters, learningRate: 1e-4,
      weightDecay: 0, batchNormMode: .train)
    return Optimizer(try Optimizers.make(Choice("sgd")), groups: [group])
  }

  private static func fill(_ image: Slice, _ target: Slice?) {
    var random = RandomStream(seed: 1, purpose: .drawing)
    for index in 0..<image.count { image.pointer[index] = Float(random.uniform(-2...2)) }
    guard let target else { return }
    for index in 0..<target.count { target.pointer[index] = index % 10 == 3 ? 1 : 0 }
  }

  /// Forward, and in training backward and the optimizer.
  func step() {
    plan.forward()
    guard !plan.trainableParameters.isEmpty else { return }
    plan.backward()
    optimizer.step(
      multiplier: 1, momentum: nil, pool: pool,
      gradient: { plan.gradient(of: $0) ?? $0.slice })
  }

  /// Images per second over whole steps of at least this duration.
  func rate(seconds: Double) -> Double {
    let start = ContinuousClock.now
    var images = 0
    while true {
      step()
      images += batch
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      if elapsed >= seconds { return Double(images) / elapsed }
    }
  }

  /// Times whole steps and says what the median gives.
  func report(steps: Int) -> String {
    let clock = ContinuousClock()
    let times = (0...steps).map { _ in clock.measure { step() } }
    let median = times.dropFirst().sorted()[steps / 2] / .seconds(1)
    return "\(label): \((Double(batch) / median).fixedText(1)) img/s, \(plan.peakBytes.bytesText)"
  }
}

extension Precision: ExpressibleByArgument {}
