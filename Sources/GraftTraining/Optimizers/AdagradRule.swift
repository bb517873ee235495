import GraftBase

/// Adagrad: each weight's steps shrink with its squared gradients so far (Duchi et al., 2011).
///
/// torch's arithmetic and defaults; decay is added to the gradient.
package struct AdagradRule: OptimizerRule {
  package static let name = "adagrad"
  package static let summary = "each weight's steps shrink with its squared gradients so far"
  static let epsilon = Argument(
    "epsilon", .number(1e-12...1), default: 1e-10, "keeps small denominators away from zero")
  package static let arguments: [any AnyArgument] = [epsilon]

  private let epsilon: Double

  package init(_ values: ArgumentValues) { epsilon = values[Self.epsilon] }

  package var slotNames: [String] { ["sum"] }

  package func update(_ operands: UpdateOperands) {
    let (rate, decay, epsilon) = (Float(operands.rate), Float(operands.decay), Float(epsilon))
    operands.forEachVector { weight, gradient, sum in
      let g = gradient + weight * decay
      sum += g * g
      weight -= rate * (g / (sum.roots + epsilon))
    }
  }
}
