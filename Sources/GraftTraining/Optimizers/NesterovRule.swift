import GraftBase

/// Gradient descent that looks ahead along its momentum (Nesterov, 1983; Sutskever et al., 2013).
///
/// torch's `SGD` with `nesterov=True`.
package struct NesterovRule: OptimizerRule {
  package static let name = "nesterov"
  package static let summary = "gradient descent that looks ahead along its momentum"
  package static let momentum = StochasticGradientRule.momentum
  package static let arguments: [any AnyArgument] = [momentum]
  package static let momentumArgument: Argument<Double>? = momentum

  private let rule: StochasticGradientRule

  package init(_ values: ArgumentValues) {
    rule = StochasticGradientRule(momentum: values[Self.momentum], isNesterov: true)
  }

  package var slotNames: [String] { rule.slotNames }

  package func update(_ operands: UpdateOperands) { rule.update(operands) }
}
