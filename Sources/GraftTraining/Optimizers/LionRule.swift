import GraftBase

/// Lion: steps of one size, in the direction of the sign of the gradient's mean (Chen et al., 2023).
///
/// The paper's arithmetic and defaults, with decoupled decay. Half of AdamW's memory; a rate of a third to a
/// tenth of AdamW's is usual, with a decay as many times larger.
package struct LionRule: OptimizerRule {
  package static let name = "lion"
  package static let summary =
    "steps of one size by the sign of the mean gradient, at a third of adamw's rate"
  static let beta1 = Argument(
    "beta1", .number(0...0.9999), default: 0.9, "memory of the gradient for a step")
  static let beta2 = Argument(
    "beta2", .number(0...0.99999), default: 0.99, "memory of the gradient for later steps")
  package static let arguments: [any AnyArgument] = [beta1, beta2]
  package static let momentumArgument: Argument<Double>? = beta1

  private let beta1, beta2: Double

  package init(_ values: ArgumentValues) {
    beta1 = values[Self.beta1]
    beta2 = values[Self.beta2]
  }

  package var slotNames: [String] { ["mean"] }

  package func update(_ operands: UpdateOperands) {
    let beta1 = operands.momentum ?? beta1
    let rate = Float(operands.rate)
    let kept = Float(1 - operands.rate * operands.decay)
    let (old, new, newMean) = (Float(beta1), Float(1 - beta1), Float(1 - beta2))
    operands.forEachVector { weight, gradient, mean in
      let direction = mean * old + new * gradient
      var step = Lanes.zero
      step.replace(with: rate, where: direction .> 0)
      step.replace(with: -rate, where: direction .< 0)
      weight = weight * kept - step
      mean += newMean * (gradient - mean)
    }
  }
}
