import GraftBase

/// A model recorded once: operations, values and named parameters, in the order of computation.
///
/// Shapes are recorded for one image; a plan infers them again for its own batch and size.
package final class Graph {
  package private(set) var nodes: [Node] = []
  package private(set) var values: [ValueRecord] = []
  package private(set) var parameters: [Parameter] = []
  private var parameterNames: Set<String> = []

  /// The precision of products, where their shape benefits.
  package let precision: Precision

  package init(precision: Precision = .fp32) { self.precision = precision }

  /// An input of the graph.
  package func input(_ name: String, _ shape: Shape) -> Value {
    values.append(ValueRecord(shape: shape, producer: nil, inputName: name))
    return Value(graph: self, id: values.count - 1)
  }

  /// Records one operation; an error of shapes names the layer's path and its input shapes.
  package func record(
    _ op: any Op, _ inputs: [Value], parameters operands: [Parameter] = [], path: String
  ) throws -> Value {
    let shapes = inputs.map(\.shape)
    let shape: Shape
    do {
      shape = try op.outputShape(of: shapes)
    } catch let error as GraftError {
      throw GraftError(error.code, "\(path): \(error.message)", help: error.help)
    }
    for parameter in operands {
      // One node a parameter: backward writes its gradient, it does not add.
      precondition(parameterNames.insert(parameter.name).inserted, "a parameter of two layers")
      parameters.append(parameter)
    }
    values.append(ValueRecord(shape: shape, producer: nodes.count, inputName: nil))
    let output = Value(graph: self, id: values.count - 1)
    let op: any Op = (op as? any ProductOp)?.computed(in: precision) ?? op
    nodes.append(
      Node(
        index: nodes.count, path: path, op: op, inputs: inputs.map(\.id), output: output.id,
        parameters: operands))
    return output
  }

  /// The output of `node`, to continue from.
  package func output(of node: Node) -> Value { Value(graph: self, id: node.output) }

  /// Removes all operations after `node`, with their values and parameters.
  package func forget(behind node: Node) {
    for later in nodes[(node.index + 1)...] {
      for parameter in later.parameters { parameterNames.remove(parameter.name) }
    }
    parameters.removeAll { !parameterNames.contains($0.name) }
    nodes.removeSubrange((node.index + 1)...)
    values.removeSubrange((node.output + 1)...)
  }

  /// Replaces the operation that makes a value; inputs and shapes must stay the same.
  package func replaceOperation(making value: Value, by op: any Op) {
    guard let place = nodes.firstIndex(where: { $0.output == value.id }) else {
      preconditionFailure("a value without an operation")
    }
    let old = nodes[place]
    precondition(
      (try? op.outputShape(of: old.inputs.map { values[$0].shape })) == values[value.id].shape,
      "an operation that makes another shape")
    nodes[place] = Node(
      index: old.index, path: old.path, op: op, inputs: old.inputs, output: old.output,
      parameters: old.parameters)
  }

  /// The shapes of all values when the named inputs have other shapes than recorded.
  ///
  /// With `outputs`, only what they depend on is inferred; other values keep the recorded shape.
  /// What lies before `cut` is left out too.
  package func shapes(
    forInputs inputShapes: [String: Shape], reaching outputs: [Int]? = nil,
    startingAt cut: FedValue? = nil
  ) throws -> [Shape] {
    var shapes = values.map { record in
      record.inputName.flatMap { inputShapes[$0] } ?? record.shape
    }
    if let cut { shapes[cut.id] = cut.shape }
    for node in outputs.map({ nodes(reaching: $0, startingAt: cut?.id) }) ?? nodes {
      do {
        shapes[node.output] = try node.op.outputShape(of: node.inputs.map { shapes[$0] })
      } catch let error as GraftError {
        throw GraftError(error.code, "\(node.path): \(error.message)", help: error.help)
      }
    }
    return shapes
  }

  /// The values recorded so far that operations compute, in order.
  package var computedValues: [Value] { nodes.map { Value(graph: self, id: $0.output) } }

  /// What the layer at `path`, or the last one below it, computes.
  package func result(of path: String) -> Value {
    guard let node = nodes.last(where: { $0.path == path || $0.path.hasPrefix(path + ".") }) else {
      preconditionFailure("there is no layer \(path)")
    }
    return Value(graph: self, id: node.output)
  }

  /// The nodes that `outputs` depend on, in order; those before the value `cut` are left out.
  package func nodes(reaching outputs: [Int], startingAt cut: Int? = nil) -> [Node] {
    var needed = Set(outputs)
    var result: [Node] = []
    for node in nodes.reversed() where needed.contains(node.output) && node.output != cut {
      needed.formUnion(node.inputs)
      result.append(node)
    }
    return result.reversed()
  }
}

/// One recorded operation.
package struct Node: Sendable {
  package let index: Int
  /// The layer's path, `layer1.0.conv1`.
  package let path: String
  package let op: any Op
  package let inputs: [Int]
  package let output: Int
  package let parameters: [Parameter]

  /// What training moves without a gradient: a batch norm's mean and variance.
  package var runningStatistics: [Parameter] { parameters.filter { !$0.canTrain } }
}

/// What the graph stores about a value.
package struct ValueRecord: Sendable {
  package let shape: Shape
  /// The node that computes it, nil for an input.
  package let producer: Int?
  package let inputName: String?
}

/// A handle on a value of a graph while layers are being recorded.
package struct Value {
  package let graph: Graph
  package let id: Int

  package var shape: Shape { graph.values[id].shape }
}

/// A value inside a graph that is an input of a plan.
package struct FedValue {
  package let id: Int
  /// Its shape for the plan's batch.
  package let shape: Shape

  package init(_ value: Value, shape: Shape) {
    id = value.id
    self.shape = shape
  }
}

extension Graph: CustomStringConvertible {
  package var description: String {
    nodes.map { node in
      "\(node.path)  \(node.op.name) \(node.op.details) → \(values[node.output].shape)"
    }.joined(separator: "\n")
  }
}
