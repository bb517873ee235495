import GraftBase
import GraftKernels

/// Stochastic gradient descent with momentum (Sutskever et al., 2013).
///
/// `NesterovRule` looks ahead; `nesterov=1` here is what older checkpoints call it.
/// torch's arithmetic: decay is added to the gradient, momentum has no dampening.
package struct StochasticGradientRule: OptimizerRule {
  package static let name = "sgd"
  package static let summary = "gradient descent with momentum"
  package static let momentum = Argument(
    "momentum", .number(0...0.9999), default: 0.9, "part of the last step kept")
  package static let nesterov = Argument(
    "nesterov", .number(0...1), default: 0, "1 looks ahead along the momentum")
  package static let arguments: [any AnyArgument] = [momentum, nesterov]
  package static let momentumArgument: Argument<Double>? = momentum

  private let momentum: Double
  private let isNesterov: Bool

  package init(_ values: ArgumentValues) {
    momentum = values[Self.momentum]
    isNesterov = values[Self.nesterov] >= 0.5
  }

  init(momentum: Double, isNesterov: Bool) {
    self.momentum = momentum
    self.isNesterov = isNesterov
  }

  package var slotNames: [String] { momentum > 0 ? ["velocity"] : [] }

  package func update(_ operands: UpdateOperands) {
    let update = graft_sgd_update(
      rate: Float(operands.rate), decay: Float(operands.decay),
      momentum: Float(operands.momentum ?? momentum), nesterov: isNesterov,
      gradient_scale: Float(operands.gradientScale))
    graft_sgd_step(
      operands.weight.pointer, operands.gradient.pointer, operands.slots.first?.pointer,
      operands.weight.count, update)
  }
}
