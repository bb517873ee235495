import CGraftKernels
import Foundation

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
///
/// The defaults are fastai's, betas .9 and .99 and epsilon 1e-5; the arithmetic is torch's.
package struct AdamWRule: OptimizerRule {
  package static let name = "adamw"
  package static let summary = "Adam with decoupled weight decay"
  package static let options = [
    ChoiceOption("beta1", 0.9, in: 0...0.9999, "memory of the gradient"),
    ChoiceOption("beta2", 0.99, in: 0...0.99999, "memory of the squared gradient"),
    ChoiceOption("epsilon", 1e-5, in: 1e-12...1, "keeps small denominators away from zero"),
  ]

  private let beta1: Double
  private let beta2: Double
  private let epsilon: Double

  package init(_ values: ChoiceValues) {
    beta1 = values["beta1"]
    beta2 = values["beta2"]
    epsilon = values["epsilon"]
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
