import Foundation
import GraftBase

/// LAMB: Adam whose step of each tensor is in proportion to its weights, for large batches (You et al., 2020).
///
/// The arithmetic and defaults of timm, whose `max_grad_norm=1` is `clip=1` here. Tensors that do not decay,
/// such as biases and norms, take Adam's step.
package struct LambRule: LayerwiseRule {
  package static let name = "lamb"
  package static let summary =
    "Adam with a step in proportion to each tensor's weights, for large batches"
  static let beta1 = Argument(
    "beta1", .number(0...0.9999), default: 0.9, "memory of the gradient")
  static let beta2 = Argument(
    "beta2", .number(0...0.99999), default: 0.999, "memory of the squared gradient")
  static let epsilon = Argument(
    "epsilon", .number(1e-12...1), default: 1e-6, "keeps small denominators away from zero")
  package static let arguments: [any AnyArgument] = [beta1, beta2, epsilon]
  package static let momentumArgument: Argument<Double>? = beta1

  private let beta1, beta2, epsilon: Double

  package init(_ values: ArgumentValues) {
    beta1 = values[Self.beta1]
    beta2 = values[Self.beta2]
    epsilon = values[Self.epsilon]
  }

  package var slotNames: [String] { ["mean", "square"] }

  package func remember(_ operands: UpdateOperands) -> LayerNorms {
    let (newMean, newSquare) = (Float(1 - (operands.momentum ?? beta1)), Float(1 - beta2))
    let step = step(operands)
    var (weights, steps) = (SIMD16<Double>.zero, SIMD16<Double>.zero)
    operands.forEachVector { weight, gradient, mean, square in
      mean += newMean * (gradient - mean)
      square += newSquare * (gradient * gradient - square)
      let (w, s) = (SIMD16<Double>(weight), SIMD16<Double>(step(weight, mean, square)))
      weights += w * w
      steps += s * s
    }
    return LayerNorms(weightSquares: weights.sum(), stepSquares: steps.sum())
  }

  package func update(_ operands: UpdateOperands) {
    let rate = Float(operands.rate * operands.layerScale)
    let step = step(operands)
    operands.forEachVector { weight, _, mean, square in
      weight -= rate * step(weight, mean, square)
    }
  }

  /// A tensor's step is as long as its weights; where either is zero, or nothing decays, it stays as it is.
  package func scale(_ norms: LayerNorms, decay: Double) -> Double {
    guard decay != 0, norms.weightSquares > 0, norms.stepSquares > 0 else { return 1 }
    return (norms.weightSquares / norms.stepSquares).squareRoot()
  }

  /// Adam's step with the weight's decay, from the memories as they are after the gradient.
  private func step(_ operands: UpdateOperands) -> (
    _ weight: Lanes, _ mean: Lanes, _ square: Lanes
  ) -> Lanes {
    let count = Double(operands.updateCount)
    let meanScale = Float(1 / (1 - pow(operands.momentum ?? beta1, count)))
    let rootScale = Float(1 / (1 - pow(beta2, count)).squareRoot())
    let (epsilon, decay) = (Float(epsilon), Float(operands.decay))
    return { weight, mean, square in
      mean * meanScale / (square.roots * rootScale + epsilon) + decay * weight
    }
  }
}
