import Foundation
import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

/// Images a second of one network, batch and size in inference, with a frozen encoder (A) and with
/// everything trained (B); the median of the timed steps.
func measure(
  _ name: String, batch: Int, size: Int, steps: Int, pool: ThreadPool
) throws {
  let spec = try Encoders.named(name)
  let model = try Model(
    spec: spec, head: .linear(dropout: 0), classes: (0..<10).map { "class \($0)" }, seed: 0)
  let inputShapes: [String: Shape] = [
    "image": [batch, size, size, 3], "target": [batch, 10],
  ]
  let trainable = model.parameters.filter(\.canTrain)
  let head = Set(model.groups.last?.parameters.map(\.name) ?? [])
  let norms = Set(
    model.graph.nodes.filter { $0.op is BatchNormOp }.map(\.index))
  let variants: [(String, PlanConfiguration)] = [
    ("inference", .inference),
    ("A", PlanConfiguration(trainable: head)),
    (
      "B",
      PlanConfiguration(trainable: Set(trainable.map(\.name)), trainingNodes: norms)
    ),
    ("B, fixed statistics", PlanConfiguration(trainable: Set(trainable.map(\.name)))),
  ]
  for (label, configuration) in variants {
    let plan = try Plan(
      graph: model.graph, outputs: [model.logits],
      loss: configuration.trainable.isEmpty ? nil : model.losses, inputShapes: inputShapes,
      configuration: configuration, pool: pool)
    var random = RandomStream(seed: 1, purpose: .drawing)
    let image = plan.input("image")
    for index in 0..<image.count { image.pointer[index] = Float(random.uniform(-2...2)) }
    if !configuration.trainable.isEmpty {
      let target = plan.input("target")
      for index in 0..<target.count { target.pointer[index] = index % 10 == 3 ? 1 : 0 }
    }
    var times: [Double] = []
    for _ in 0..<steps + 1 {
      let start = ContinuousClock.now
      plan.forward()
      plan.backward()
      for parameter in plan.trainableParameters { parameter.markChanged() }
      let elapsed = (ContinuousClock.now - start).components
      times.append(Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18)
    }
    let median = times.dropFirst().sorted()[steps / 2]
    let rate = Double(plan.multiplyAdds) * 2 / median / 1e9
    print(
      "\(name) \(size) px, batch \(batch), \(label): "
        + String(format: "%.1f img/s, forward part %.0f GFLOP/s, ", Double(batch) / median, rate)
        + plan.peakBytes.bytesText)
    if ProcessInfo.processInfo.environment["GRAFT_PROFILE"] != nil { plan.profile() }
  }
}

let arguments = CommandLine.arguments
let pool = ThreadPool(
  threads: ProcessInfo.processInfo.environment["T"].flatMap(Int.init) ?? 2)
try measure(
  arguments[1], batch: Int(arguments[2]) ?? 32, size: Int(arguments[3]) ?? 224,
  steps: arguments.count > 4 ? Int(arguments[4]) ?? 6 : 6, pool: pool)
