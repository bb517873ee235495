import Foundation
import GraftBase

/// Adam: steps by the mean of the gradient over the root of its mean square (Kingma and Ba, 2015).
///
/// torch's arithmetic and defaults; decay is added to the gradient, so `adamw` is the better choice with it.
package struct AdamRule: OptimizerRule {
  package static let name = "adam"
  package static let summary = "Adam as in its paper, decay added to the gradient"
  static let beta1 = Argument(
    "beta1", .number(0...0.9999), default: 0.9, "memory of the gradient")
  static let beta2 = Argument(
    "beta2", .number(0...0.99999), default: 0.999, "memory of the squared gradient")
  static let epsilon = Argument(
    "epsilon", .number(1e-12...1), default: 1e-8, "keeps small denominators away from zero")
  package static let arguments: [any AnyArgument] = [beta1, beta2, epsilon]
  package static let momentumArgument: Argument<Double>? = beta1

  private let beta1, beta2, epsilon: Double

  package init(_ values: ArgumentValues) {
    beta1 = values[Self.beta1]
    beta2 = values[Self.beta2]
    epsilon = values[Self.epsilon]
  }

  package var slotNames: [String] { ["mean", "square"] }

  package func update(_ operands: UpdateOperands) {
    let beta1 = operands.momentum ?? beta1
    let count = Double(operands.updateCount)
    let step = Float(operands.rate / (1 - pow(beta1, count)))
    let root = Float((1 - pow(beta2, count)).squareRoot())
    let (decay, epsilon) = (Float(operands.decay), Float(epsilon))
    let (newMean, oldSquare, newSquare) = (Float(1 - beta1), Float(beta2), Float(1 - beta2))
    operands.forEachVector { weight, gradient, mean, square in
      let g = gradient + weight * decay
      mean += newMean * (g - mean)
      square = square * oldSquare + newSquare * g * g
      weight -= step * (mean / (square.roots / root + epsilon))
    }
  }
}
