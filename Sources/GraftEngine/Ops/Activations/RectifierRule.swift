import GraftKernels

/// What passes a rectifier on the way back from a score to the image, where pictures explain a model.
package enum RectifierRule: Hashable, Sendable {
  /// The derivative: what comes from above, where the input was positive.
  case gradient
  /// What comes from above where it is positive, whatever the input was: the deconvolutional network
  /// (Zeiler and Fergus, 2014).
  case deconvolution
  /// Where both are positive: guided backpropagation (Springenberg et al., 2015).
  case guided
  /// All of it, as if there were no rectifier and maxima were means: the layers below as one linear map.
  case everything

  /// What passes to the input of a rectifier that gave `output` and stays at `ceiling` above it.
  func passed(_ gradient: Float, output: Float, ceiling: Float) -> Float {
    let isActive = output > 0 && output < ceiling
    switch self {
    case .gradient: return isActive ? gradient : 0
    case .deconvolution: return max(gradient, 0)
    case .guided: return isActive ? max(gradient, 0) : 0
    case .everything: return gradient
    }
  }
}

extension ActivationOp {
  /// The same, which passes gradients on by another rule; other functions than ReLU and ReLU6 have
  /// derivatives only.
  package func following(_ rule: RectifierRule) -> any Op {
    guard activation == .relu || activation == .relu6 else { return self }
    var op = self
    op.rule = rule
    return op
  }

  /// Passes gradients on as the rule says.
  func backward(_ c: BackwardContext, by rule: RectifierRule) {
    guard let slot = c.inputGradients[0] else { return }
    let ceiling: Float = activation == .relu6 ? 6 : .infinity
    c.pool.forEachRange(
      of: c.outputGradient.count, lending: c, slot, rule, ceiling
    ) { range, _, c, slot, rule, ceiling in
      let (above, output, below) = (c.outputGradient.buffer, c.output.buffer, slot.slice.buffer)
      for place in range {
        let passed = rule.passed(above[place], output: output[place], ceiling: ceiling)
        below[place] = slot.accumulates ? below[place] + passed : passed
      }
    }
  }
}
