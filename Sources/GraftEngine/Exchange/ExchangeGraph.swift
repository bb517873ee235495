import GraftBase

/// A graph in the terms of ONNX: operators of its default domain over named values, images as
/// [N, C, H, W]; written to a file by `ONNXFile`.
package struct ExchangeGraph: Sendable {
  /// One operator with a single output.
  package struct Node: Sendable {
    package let type: String
    package let inputs: [String]
    package let output: String
    package let attributes: [(name: String, value: Attribute)]
  }

  package enum Attribute: Sendable {
    case integer(Int)
    case integers([Int])
    case number(Float)
    case text(String)
  }

  /// A value that is part of the file.
  package struct Constant: Sendable {
    package enum Values: Sendable {
      case floats([Float])
      case integers([Int])
    }

    package let name: String
    package let shape: [Int]
    package let values: Values
  }

  package private(set) var nodes: [Node] = []
  package private(set) var constants: [Constant] = []
  private var names: Set<String> = []

  package init() {}

  /// A name like `wanted` that no value has yet.
  private mutating func freeName(_ wanted: String) -> String {
    var name = wanted
    var number = 1
    while !names.insert(name).inserted {
      number += 1
      name = "\(wanted).\(number)"
    }
    return name
  }

  /// Takes a name for the graph's own inputs and outputs.
  package mutating func reserve(_ name: String) { names.insert(name) }

  /// Adds an operator and gives the name of its output, which is `wanted` unless that is taken.
  package mutating func add(
    _ type: String, _ inputs: [String], _ attributes: [(String, Attribute)] = [],
    output wanted: String
  ) -> String {
    let output = freeName(wanted)
    nodes.append(
      Node(
        type: type, inputs: inputs, output: output,
        attributes: attributes.map { (name: $0.0, value: $0.1) }))
    return output
  }

  package mutating func add(
    constant wanted: String, shape: [Int], _ values: Constant.Values
  ) -> String {
    let name = freeName(wanted)
    constants.append(Constant(name: name, shape: shape, values: values))
    return name
  }

  /// Gives a value that a node computes the name of a graph's output.
  package mutating func rename(output: String, to name: String) {
    guard let index = nodes.lastIndex(where: { $0.output == output }) else {
      nodes.append(Node(type: "Identity", inputs: [output], output: name, attributes: []))
      return
    }
    let node = nodes[index]
    nodes[index] = Node(
      type: node.type, inputs: node.inputs, output: name, attributes: node.attributes)
  }
}

/// One node of a model on its way into an `ExchangeGraph`; an op adds the operators that it is.
package struct ExchangeContext {
  package var graph: ExchangeGraph
  /// The layer's path, `layer1.0.conv1`.
  package let path: String
  /// Names of the inputs.
  package let inputs: [String]
  /// As the engine has them, [N, H, W, C].
  package let inputShapes: [Shape]
  package let outputShape: Shape
  /// Names of the parameters; their values are in torch's layout.
  package let parameters: [String]
  /// Their shapes, in torch's layout.
  package let parameterShapes: [Shape]

  /// Adds an operator whose output is named after the layer.
  package mutating func add(
    _ type: String, _ inputs: [String]? = nil,
    _ attributes: [(String, ExchangeGraph.Attribute)] = []
  ) -> String {
    graph.add(
      type, inputs ?? self.inputs + parameters, attributes, output: "\(path).\(type.lowercased())")
  }

  package mutating func add(integers: [Int], _ name: String) -> String {
    graph.add(constant: "\(path).\(name)", shape: [integers.count], .integers(integers))
  }

  /// Of one dimension unless it has a shape.
  package mutating func add(floats: [Float], shape: [Int]? = nil, _ name: String) -> String {
    graph.add(constant: "\(path).\(name)", shape: shape ?? [floats.count], .floats(floats))
  }

  package mutating func add(number: Float, _ name: String) -> String {
    graph.add(constant: "\(path).\(name)", shape: [], .floats([number]))
  }
}

extension Op {
  /// By default an op has no counterpart in ONNX.
  package func export(_ c: inout ExchangeContext) throws -> String {
    throw GraftError(
      .failed, "\(c.path): \(name) cannot be exported to ONNX",
      help: "the encoder can be used in Graft, or saved as safetensors for torch")
  }
}

extension Graph {
  /// The part that `output` depends on, in evaluation mode.
  ///
  /// - Parameters:
  ///   - start: adds the operators before the first one, such as normalization.
  ///   - name: what the output is called.
  package func exchanged(
    input: Value, named inputName: String, output: Value, named name: String,
    start: (inout ExchangeGraph) -> String
  ) throws -> ExchangeGraph {
    var graph = ExchangeGraph()
    graph.reserve(inputName)
    graph.reserve(name)
    var names = [input.id: start(&graph)]
    for node in nodes(reaching: [output.id]) {
      let parameters = node.parameters.map { parameter in
        graph.add(
          constant: parameter.name, shape: parameter.torchShape.dimensions,
          .floats(parameter.torchValues()))
      }
      var context = ExchangeContext(
        graph: graph, path: node.path, inputs: node.inputs.compactMap { names[$0] },
        inputShapes: node.inputs.map { values[$0].shape }, outputShape: values[node.output].shape,
        parameters: parameters, parameterShapes: node.parameters.map(\.torchShape))
      guard context.inputs.count == node.inputs.count else {
        throw GraftError(.failed, "\(node.path): it depends on more than the image")
      }
      // The context has the only copy while the op adds to it.
      graph = ExchangeGraph()
      names[node.output] = try node.op.export(&context)
      graph = context.graph
    }
    graph.rename(output: names[output.id] ?? "", to: name)
    return graph
  }
}
