/// The role of an op where batch norms are folded into the preceding convolutions, for evaluation.
package enum Folding: Sendable {
  /// None: it neither folds nor is folded into.
  case none
  /// It is a batch norm.
  case norm(FrozenNorm)
  /// Each of its outputs is linear in weights of its own, and can take a norm's factor and summand.
  ///
  /// - Parameter withBias: the same op with a number added to each output channel.
  case target(withBias: any Op)

  package var norm: FrozenNorm? { if case .norm(let norm) = self { norm } else { nil } }

  package var opWithBias: (any Op)? { if case .target(let op) = self { op } else { nil } }
}

/// A batch norm in evaluation: statistics are stored numbers, so it is a factor and a summand for each
/// channel.
package struct FrozenNorm: Sendable {
  package let epsilon: Float

  /// γ / √(variance + ε) and β - mean · factor of each channel, in double.
  ///
  /// - Parameter parameters: scale, shift, running mean and running variance.
  package func factors(of parameters: [Parameter]) -> [(factor: Double, shift: Double)] {
    let values = parameters.map { $0.torchValues().map(Double.init) }
    return values[0].indices.map { channel in
      let factor = values[0][channel] / (values[3][channel] + Double(epsilon)).squareRoot()
      return (factor, values[1][channel] - values[2][channel] * factor)
    }
  }

  /// The scale with which mean 0 and variance 1 leave values as they are.
  package var neutralScale: Float { (1 + epsilon).squareRoot() }
}
