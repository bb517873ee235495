import GraftBase

@testable import GraftTraining

/// Lion: steps of one size, against the sign of gradient and momentum (Chen et al., 2023).
package struct LionRule: OptimizerRule {
  package static let name = "lion"
  package static let summary = "steps of one size, by the sign of gradient and momentum"
  static let beta1 = Argument("beta1", .number(0...0.9999), default: 0.9, "momentum in a step")
  static let beta2 = Argument("beta2", .number(0...0.9999), default: 0.99, "memory of momentum")
  package static let arguments: [any AnyArgument] = [beta1, beta2]
  package static let momentumArgument: Argument<Double>? = beta1

  private let beta1, beta2: Double

  package init(_ values: ArgumentValues) {
    beta1 = values[Self.beta1]
    beta2 = values[Self.beta2]
  }

  package var slotNames: [String] { ["momentum"] }

  package func update(_ operands: UpdateOperands) {
    let step = Float(operands.momentum ?? beta1)
    let (memory, rate) = (Float(beta2), Float(operands.rate))
    let shrinkage = Float(1 - operands.rate * operands.decay)
    operands.forEachVector { weight, gradient, momentum in
      let way = momentum * step + gradient * (1 - step)
      let sign = Lanes.zero.replacing(with: 1, where: way .> 0).replacing(with: -1, where: way .< 0)
      weight = weight * shrinkage - rate * sign
      momentum = momentum * memory + gradient * (1 - memory)
    }
  }
}
