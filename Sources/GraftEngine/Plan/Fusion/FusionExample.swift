/// A small graph to which a rule applies, for the tests.
struct FusionExample {
  let graph: Graph
  let output: Value
  /// A function of the output whose mean has a gradient everywhere.
  let loss: Value
  let configuration: PlanConfiguration

  /// - Parameters:
  ///   - isTrained: whether everything is trained and norms use the batch's statistics, or nothing.
  ///   - layers: what is done to the graph's input `x`.
  init(
    _ input: Shape, isTrained: Bool,
    _ layers: (_ make: FusionExampleLayers, _ x: Value) throws -> Value
  ) throws {
    graph = Graph()
    output = try layers(FusionExampleLayers(graph: graph), graph.input("x", input))
    loss = try graph.record(ActivationOp(.silu), [output], path: "loss")
    guard isTrained else {
      configuration = .inference
      return
    }
    configuration = PlanConfiguration(
      trainable: Set(graph.parameters.filter(\.canTrain).map(\.name)),
      trainingNodes: Set(graph.nodes.indices))
  }
}

/// Makes the layers of an example; paths and parameters are numbered.
struct FusionExampleLayers {
  let graph: Graph

  func convolution(
    _ x: Value, to width: Int, kernel: Int = 3, groups: Int = 1, hasBias: Bool = false
  ) throws -> Value {
    let op = ConvolutionOp(
      outputChannels: width, kernel: Pair(kernel), padding: Pair(kernel / 2), groups: groups,
      hasBias: hasBias)
    let weight = parameter("weight", .weight, [kernel, kernel, x.shape.channels / groups, width])
    return try record(op, [x], hasBias ? [weight, parameter("bias", .bias, [width])] : [weight])
  }

  func norm(_ x: Value) throws -> Value {
    let shape: Shape = [x.shape.channels]
    return try record(
      BatchNormOp(), [x],
      [
        parameter("scale", .normScale, shape), parameter("shift", .normShift, shape),
        parameter("mean", .runningStatistic, shape),
        parameter("variance", .runningStatistic, shape),
      ])
  }

  func activation(_ activation: Activation, _ x: Value) throws -> Value {
    try record(ActivationOp(activation), [x])
  }

  func sum(_ a: Value, _ b: Value) throws -> Value { try record(AddOp(), [a, b]) }

  func maxPool(_ x: Value) throws -> Value {
    try record(PoolOp(.max, kernel: 3, stride: 2, padding: 1), [x])
  }

  private func parameter(_ name: String, _ role: ParameterRole, _ shape: Shape) -> Parameter {
    Parameter(name: "\(graph.nodes.count).\(name)", role: role, torchShape: shape)
  }

  private func record(
    _ op: any Op, _ inputs: [Value], _ parameters: [Parameter] = []
  ) throws -> Value {
    try graph.record(op, inputs, parameters: parameters, path: "\(graph.nodes.count)")
  }
}
