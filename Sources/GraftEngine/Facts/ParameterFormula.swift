/// How an op's parameters are counted, in textbook notation: M inputs, a p×q window, K outputs.
package struct ParameterFormula: Sendable {
  /// `(64·3·3 + 1)·128` for a convolution, `(512 + 1)·10` for a linear layer.
  package let text: String
  /// The weights of one output that all positions of the image share, M·p·q; nil where none are
  /// shared.
  package let sharedWeights: Int?

  /// - Parameter factors: what counts the weights of one output.
  init(_ factors: [Int], outputs: Int, hasBias: Bool, isShared: Bool) {
    let window = factors.map(String.init).joined(separator: "·")
    text = hasBias ? "(\(window) + 1)·\(outputs)" : "\(window)·\(outputs)"
    sharedWeights = isShared ? factors.reduce(1, *) : nil
  }
}

extension Node {
  /// How its trained parameters are counted: the op's formula, or the sizes of each; empty without any.
  package func parameterFormula(inputs: [Shape]) -> String {
    let trained = parameters.filter(\.canTrain)
    guard !trained.isEmpty else { return "" }
    return op.parameterFormula(inputs: inputs)?.text
      ?? trained.map { parameter in
        parameter.torchShape.dimensions.map(String.init).joined(separator: "·")
      }.joined(separator: " + ")
  }
}
