import Foundation
import GraftBase
import GraftKernels

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
///
/// The defaults are fastai's, betas .9 and .99 and epsilon 1e-5; the arithmetic is torch's.
package struct AdamWRule: OptimizerRule {
  package static let name = "adamw"
  package static let summary = "Adam with decoupled weight decay"
  package static let beta1 = Argument(
    "beta1", .number(0...0.9999), default: 0.9, "memory of the gradient")
  package static let beta2 = Argument(
    "beta2", .number(0...0.99999), default: 0.99, "memory of the squared gradient")
  package static let epsilon = Argument(
    "epsilon", .number(1e-12...1), default: 1e-5, "keeps small denominators away from zero")
  package static let arguments: [any AnyArgument] = [beta1, beta2, epsilon]
  package static let momentumArgument: Argument<Double>? = beta1

  private let beta1: Double
  private let beta2: Double
  private let epsilon: Double

  package init(_ values: ArgumentValues) {
    beta1 = values[Self.beta1]
    beta2 = values[Self.beta2]
    epsilon = values[Self.epsilon]
  }

  package var slotNames: [String] { ["mean", "square"] }

  package func update(_ operands: UpdateOperands) {
    // As torch and fastai do, the correction uses today's beta even when the schedule moves it.
    let beta1 = operands.momentum ?? beta1
    let count = Double(operands.updateCount)
    let update = graft_adamw_update(
      step_size: Float(operands.rate / (1 - pow(beta1, count))),
      shrinkage: Float(1 - operands.rate * operands.decay), beta1: Float(beta1),
      beta2: Float(beta2), epsilon: Float(epsilon),
      root_correction: Float((1 - pow(beta2, count)).squareRoot()),
      gradient_scale: Float(operands.gradientScale))
    graft_adamw_step(
      operands.weight.pointer, operands.gradient.pointer, operands.slots[0].pointer,
      operands.slots[1].pointer, operands.weight.count, update)
  }
}
