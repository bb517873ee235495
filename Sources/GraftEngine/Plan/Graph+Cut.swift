extension Graph {
  /// The last value before everything that training changes; nil when there is none.
  ///
  /// Whatever `value` depends on is the input `source` and parameters, statistics and modes that
  /// `configuration` leaves alone; and whatever `outputs` and `loss` need of `source` passes through
  /// it. So it may be computed once and fed to a plan that starts there. Plans for training and for
  /// inference both compute it as it is, merged with nothing after it: bits stay the same.
  package func constantCut(
    from source: Value, outputs: [Value], loss: Value?, configuration: PlanConfiguration
  ) throws -> Value? {
    let wanted = outputs.map(\.id) + (loss.map { [$0.id] } ?? [])
    var constant: Set<Int> = [source.id]
    for node in nodes {
      let learns = node.parameters.contains { configuration.trainable.contains($0.name) }
      guard !learns, !configuration.trainingNodes.contains(node.index),
        node.inputs.allSatisfy(constant.contains)
      else { continue }
      constant.insert(node.output)
    }
    let computed = try [configuration, .inference].map { configuration in
      let lowered = try LoweredGraph(
        graph: self, outputs: outputs.map(\.id), loss: loss?.id, inputShapes: [:],
        configuration: configuration)
      return Set(lowered.items.map(\.output))
    }
    let cut = nodes.last { node in
      constant.contains(node.output) && computed.allSatisfy { $0.contains(node.output) }
        && !nodes(reaching: wanted, startingAt: node.output).contains {
          $0.inputs.contains(source.id)
        }
    }
    return cut.map { Value(graph: self, id: $0.output) }
  }

  /// Multiply-adds of one image on the way to `outputs`.
  package func multiplyAdds(reaching outputs: [Value]) -> Int {
    nodes(reaching: outputs.map(\.id)).reduce(0) { sum, node in
      sum
        + node.op.multiplyAdds(
          inputs: node.inputs.map { values[$0].shape }, output: values[node.output].shape)
    }
  }
}
