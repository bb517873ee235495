import GraftKernels

/// The functions that follow a layer.
package enum Activation: String, Sendable, Codable, CaseIterable {
  case linear
  /// max(x, 0).
  case relu
  /// min(max(x, 0), 6) (Krizhevsky, 2010).
  case relu6

  var kernel: graft_activation {
    switch self {
    case .linear: GRAFT_LINEAR
    case .relu: GRAFT_RELU
    case .relu6: GRAFT_RELU6
    }
  }
}

/// y = activation(x), elementwise on any shape.
package struct ActivationOp: Op {
  package static let name = "activation"
  package static var examples: [OpExample] {
    [Activation.relu, .relu6].map { OpExample(ActivationOp($0), inputs: [[2, 3, 5, 7]]) }
  }

  package let activation: Activation

  package init(_ activation: Activation) { self.activation = activation }

  package var details: String { activation.rawValue }
  package var worksInPlace: Bool { true }
  package var gradientInPlace: Int? { 0 }

  package func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }
  package func retention(_ needs: GradientNeeds) -> Retention { Retention(output: true) }

  package func forward(_ c: ForwardContext) {
    c.pool.forEachRange(of: c.output.count, lending: c, activation) { range, _, c, activation in
      graft_activate(
        c.inputs[0].pointer + range.lowerBound, range.count, activation.kernel,
        c.output.pointer + range.lowerBound)
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEachRange(
      of: c.output.count, lending: c, slot, activation
    ) { range, _, c, slot, activation in
      graft_activate_gradient(
        c.output.pointer + range.lowerBound, c.outputGradient.pointer + range.lowerBound,
        range.count, activation.kernel, slot.flag, slot.slice.pointer + range.lowerBound)
    }
  }
}

extension GradientSlot {
  /// 1 adds, 0 writes: the kernels' spelling of `accumulates`.
  var flag: Int32 { accumulates ? 1 : 0 }
}
