import GraftEngine
import GraftKernels

/// Stochastic gradient descent with momentum 0.9, as PyTorch has it.
struct Descent {
  private let parameters: [Parameter]
  private let rate: Float
  private var momenta: [[Float]]

  init(_ parameters: [Parameter], rate: Float) {
    self.parameters = parameters
    self.rate = rate
    momenta = parameters.map { [Float](repeating: 0, count: $0.count) }
  }

  /// One step by the gradients that the plan has.
  mutating func step(_ plan: Plan) {
    for (index, parameter) in parameters.enumerated() {
      guard let gradient = plan.gradient(of: parameter) else { continue }
      Self.descend(parameter, gradient, &momenta[index], rate: rate)
    }
  }

  private static func descend(
    _ parameter: Parameter, _ gradient: Slice, _ momentum: inout [Float], rate: Float
  ) {
    let values = parameter.slice.pointer
    momentum.withUnsafeMutableBufferPointer { momentum in
      for index in 0..<gradient.count {
        momentum[index] = 0.9 * momentum[index] + gradient.pointer[index]
        values[index] -= rate * momentum[index]
      }
    }
    parameter.markChanged()
  }
}

extension Graph {
  /// All nodes but those that drop at random: for training steps that another framework can follow.
  var nodesWithoutDropout: Set<Int> {
    Set(nodes.filter { !$0.op.isRandom }.map(\.index))
  }
}

extension Plan {
  /// The mean of the losses of a batch.
  func meanLoss(_ losses: Value) -> Float {
    let losses = value(losses).buffer
    return losses.reduce(0, +) / Float(losses.count)
  }
}
