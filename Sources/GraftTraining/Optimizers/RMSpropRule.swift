import GraftBase

/// RMSprop: the gradient over the root of its mean square (Tieleman and Hinton, 2012).
///
/// torch's arithmetic and defaults; decay is added to the gradient.
package struct RMSpropRule: OptimizerRule {
  package static let name = "rmsprop"
  package static let summary = "the gradient over the root of its mean square"
  static let alpha = Argument(
    "alpha", .number(0...0.99999), default: 0.99, "memory of the squared gradient")
  static let momentum = Argument(
    "momentum", .number(0...0.9999), default: 0, "part of the last step kept")
  static let epsilon = Argument(
    "epsilon", .number(1e-12...1), default: 1e-8, "keeps small denominators away from zero")
  package static let arguments: [any AnyArgument] = [alpha, momentum, epsilon]
  package static let momentumArgument: Argument<Double>? = momentum

  private let alpha, momentum, epsilon: Double

  package init(_ values: ArgumentValues) {
    alpha = values[Self.alpha]
    momentum = values[Self.momentum]
    epsilon = values[Self.epsilon]
  }

  /// Without momentum there is no velocity, and a schedule cannot move it.
  package var slotNames: [String] { momentum > 0 ? ["square", "velocity"] : ["square"] }

  package func update(_ operands: UpdateOperands) {
    let (rate, decay, epsilon) = (Float(operands.rate), Float(operands.decay), Float(epsilon))
    let (old, new) = (Float(alpha), Float(1 - alpha))
    guard momentum > 0 else {
      return operands.forEachVector { weight, gradient, square in
        let g = gradient + weight * decay
        square = square * old + new * g * g
        weight -= rate * (g / (square.roots + epsilon))
      }
    }
    let kept = Float(operands.momentum ?? momentum)
    operands.forEachVector { weight, gradient, square, velocity in
      let g = gradient + weight * decay
      square = square * old + new * g * g
      velocity = velocity * kept + g / (square.roots + epsilon)
      weight -= rate * velocity
    }
  }
}
