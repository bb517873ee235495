import GraftBase
import GraftKernels

/// Adadelta: steps as large as recent steps were, so that no rate need be chosen (Zeiler, 2012).
///
/// torch's arithmetic and defaults; decay is added to the gradient, the rate is 1 in the paper.
package struct AdadeltaRule: OptimizerRule {
  package static let name = "adadelta"
  package static let summary = "steps as large as recent ones, at rate 1"
  package static let rho = Argument(
    "rho", .number(0...0.99999), default: 0.9, "memory of squared gradients and steps")
  package static let epsilon = Argument(
    "epsilon", .number(1e-12...1), default: 1e-6, "sets the size of the first steps")
  package static let arguments: [any AnyArgument] = [rho, epsilon]
  package static let momentumArgument: Argument<Double>? = rho

  private let rho: Double
  private let epsilon: Double

  package init(_ values: ArgumentValues) {
    rho = values[Self.rho]
    epsilon = values[Self.epsilon]
  }

  package var slotNames: [String] { ["square", "step"] }

  package func update(_ operands: UpdateOperands) {
    let update = graft_adadelta_update(
      rate: Float(operands.rate), decay: Float(operands.decay), rho: Float(rho),
      epsilon: Float(epsilon), gradient_scale: Float(operands.gradientScale))
    graft_adadelta_step(
      operands.weight.pointer, operands.gradient.pointer, operands.slots[0].pointer,
      operands.slots[1].pointer, operands.weight.count, update)
  }
}
