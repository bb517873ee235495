import GraftKernels

/// softmax(x) over channels: [N, C] or [N, H, W, C] -> the same, each row's sum 1.
package struct SoftmaxOp: Op {
  package static let name = "softmax"
  package static var examples: [OpExample] {
    [
      OpExample(SoftmaxOp(), inputs: [[3, 5]]),
      OpExample(SoftmaxOp(), inputs: [[2, 3, 2, 7]]),
    ]
  }

  package init() {}

  package var worksInPlace: Bool { true }
  package func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }
  package func retention(_ needs: GradientNeeds) -> Retention { Retention(output: true) }

  package func forward(_ c: ForwardContext) {
    c.pool.forEachRange(of: c.outputShape.allPixels, step: 256, lending: c) { rows, _, c in
      let channels = c.outputShape.channels
      graft_softmax(
        c.inputs[0].pointer + rows.lowerBound * channels, rows.count, Int32(channels),
        c.output.pointer + rows.lowerBound * channels)
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEachRange(of: c.outputShape.allPixels, step: 256, lending: c, slot) {
      rows, _, c, slot in
      let channels = c.outputShape.channels
      let first = rows.lowerBound * channels
      graft_softmax_gradient(
        c.output.pointer + first, c.outputGradient.pointer + first, rows.count, Int32(channels),
        slot.flag, slot.slice.pointer + first)
    }
  }
}

extension SoftmaxOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    c.add("Softmax", nil, [("axis", .integer(1))])
  }
}
