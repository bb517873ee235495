import GraftKernels

@testable import GraftEngine

extension OpExample {
  /// A plan of one op, its inputs after trained norms, so that all gradients are computed.
  func plan(pool: ThreadPool) throws -> (plan: Plan, output: Value) {
    let graph = Graph()
    let values = try inputs.enumerated().map { index, shape in
      let input = graph.input("x\(index)", shape)
      guard differentiable[index] else { return input }
      let parameters = (0..<4).map { place in
        Parameter(
          name: "norm\(index).\(place)", role: .weight, layout: .plain,
          torchShape: [shape.channels])
      }
      return try graph.record(
        BatchNormOp(), [input], parameters: parameters, path: "norm\(index)")
    }
    let tensors = parameters.enumerated().map { index, shape in
      Parameter(name: "p\(index)", role: .weight, layout: .plain, torchShape: shape)
    }
    let output = try graph.record(op, values, parameters: tensors, path: "node")
    let node = graph.nodes.count - 1
    let plan = try Plan(
      graph: graph, outputs: [output], loss: output,
      inputShapes: Dictionary(
        uniqueKeysWithValues: inputs.enumerated().map { ("x\($0)", $1) }),
      configuration: PlanConfiguration(
        trainable: Set(graph.parameters.map(\.name)),
        trainingNodes: isTraining ? [node] : [], fuses: false),
      pool: pool)
    return (plan, output)
  }
}
