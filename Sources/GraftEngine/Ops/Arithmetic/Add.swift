import GraftBase
import GraftKernels

/// y = a + b, elementwise; both have the same shape.
package struct AddOp: Op {
  package static let name = "add"
  package static var examples: [OpExample] {
    [OpExample(AddOp(), inputs: [[2, 3, 4, 5], [2, 3, 4, 5]])]
  }

  /// How all operands are stored.
  private var format = NumberFormat.float32

  package init() {}

  package var worksInPlace: Bool { true }
  package var gradientInPlace: Int? { 0 }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0] == inputs[1] else {
      throw GraftError(.failed, "cannot add \(inputs[0]) and \(inputs[1])")
    }
    return inputs[0]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func storing(_ formats: OperandFormats, inputs: [Shape]) -> (any Op)? {
    guard formats.areBFloat16 else { return nil }
    var stored = self
    stored.format = .bfloat16
    return stored
  }

  package func storesGradients(_ needs: GradientNeeds, inputs: [Shape]) -> Bool { true }

  package func forward(_ c: ForwardContext) {
    c.pool.forEachRange(
      of: c.outputShape.elementCount, lending: c, format
    ) { range, _, c, format in
      let at = range.lowerBound
      if format == .bfloat16 {
        return graft_add_bf16(
          c.inputs[0].address(at, format), c.inputs[1].address(at, format), range.count,
          c.output.address(at, format))
      }
      graft_add(
        c.inputs[0].pointer + at, c.inputs[1].pointer + at, range.count, c.output.pointer + at)
    }
  }

  package func backward(_ c: BackwardContext) {
    c.pool.forEachRange(
      of: c.outputShape.elementCount, lending: c, format
    ) { range, _, c, format in
      // The second input first: the first may lie where the output's gradient lies.
      for slot in [c.inputGradients[1], c.inputGradients[0]] {
        let at = range.lowerBound
        slot?.take(c.outputGradient.address(at, format), range.count, at: at, format)
      }
    }
  }
}

extension AddOp {
  package func export(_ c: inout ExchangeContext) throws -> String { c.add("Add") }
}
