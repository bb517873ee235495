import GraftEngine

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
      forInputs: ["image": [1, input.side, input.side, input.channels]])
    let rows = graph.nodes(reaching: [logits.id]).compactMap { node -> SharingComparison.Row? in
      let (x, y) = (shapes[node.inputs[0]], shapes[node.output])
      guard let window = node.op.parameterFormula(inputs: [x])?.sharedWeights else { return nil }
      return SharingComparison.Row(
        path: node.path, convolution: node.parameters.reduce(0) { $0 + $1.count },
        locallyConnected: window * y.elementCount,
        fullyConnected: x.elementCount * y.elementCount)
    }
    return SharingComparison(
      title: "\(spec.shortName), \(input.side)×\(input.side): parameters by weight sharing",
      rows: rows)
  }
}
