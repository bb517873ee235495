import GraftEngine

/// The textbook count of a layer's parameters: M inputs, a p×q window, K outputs.
package enum ParameterFormula {
  /// `(64·3·3 + 1)·128` for a convolution, `(512 + 1)·10` for a linear layer; empty without
  /// parameters.
  static func text(of node: Node, inputs: [Shape], output: Shape) -> String {
    let trained = node.parameters.filter(\.canTrain)
    guard !trained.isEmpty else { return "" }
    switch node.op {
    case let op as ConvolutionOp:
      let window = "\(inputs[0].channels / op.groups)·\(op.kernel.y)·\(op.kernel.x)"
      return op.hasBias
        ? "(\(window) + 1)·\(op.outputChannels)" : "\(window)·\(op.outputChannels)"
    case let op as LinearOp:
      let count = inputs[0].channels
      return op.hasBias ? "(\(count) + 1)·\(op.outputCount)" : "\(count)·\(op.outputCount)"
    default:
      return trained.map { parameter in
        parameter.torchShape.dimensions.map(String.init).joined(separator: "·")
      }.joined(separator: " + ")
    }
  }
}

/// What a convolution would need without weight sharing, or fully connected.
package struct SharingComparison: Sendable {
  package struct Row: Sendable {
    package let path: String
    /// (M·p·q + 1)·K.
    package let convolution: Int
    /// M·p·q·K·w₂·h₂: each output pixel has weights of its own.
    package let locallyConnected: Int
    /// M·w₁·h₁·K·w₂·h₂: each output sees the whole image.
    package let fullyConnected: Int
  }

  package let title: String
  package let rows: [Row]

  package var total: Row {
    Row(
      path: "total", convolution: rows.reduce(0) { $0 + $1.convolution },
      locallyConnected: rows.reduce(0) { $0 + $1.locallyConnected },
      fullyConnected: rows.reduce(0) { $0 + $1.fullyConnected })
  }
}

extension Model {
  /// The comparison for all convolutions; `side` asks for square images of another size.
  package func sharingComparison(side: Int? = nil) throws -> SharingComparison {
    let input = side.map { self.input.resized(to: $0) } ?? self.input
    let shapes = try graph.shapes(
      forInputs: ["image": [1, input.height, input.width, input.channels]])
    let rows = graph.nodes(reaching: [logits.id]).compactMap { node -> SharingComparison.Row? in
      guard let op = node.op as? ConvolutionOp else { return nil }
      let (x, y) = (shapes[node.inputs[0]], shapes[node.output])
      let window = x.channels / op.groups * op.kernel.y * op.kernel.x
      return SharingComparison.Row(
        path: node.path, convolution: node.parameters.reduce(0) { $0 + $1.count },
        locallyConnected: window * y.elementCount,
        fullyConnected: x.elementCount * y.elementCount)
    }
    return SharingComparison(
      title: "\(spec.shortName), \(input.width)×\(input.height): parameters by weight sharing",
      rows: rows)
  }
}
