import GraftEngine
import GraftKernels

/// y = x², elementwise on any shape.
package struct SquareOp: Op {
  package static let name = "square"
  package static var examples: [OpExample] { [OpExample(SquareOp(), inputs: [[2, 3, 4, 5]])] }

  package init() {}

  package func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }

  /// It may stand between flattening and a fully connected layer where a model scores every place.
  package var denseForm: DenseForm { .elementwise }

  /// Backward reads x again.
  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0]) }

  package func forward(_ c: ForwardContext) {
    c.pool.forEachRange(of: c.output.count, lending: c) { range, _, c in
      let x = c.inputs[0].pointer
      for place in range { c.output.pointer[place] = x[place] * x[place] }
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEachRange(of: c.output.count, lending: c, slot) { range, _, c, slot in
      let x = c.inputs[0].pointer
      for place in range {
        let gradient = 2 * x[place] * c.outputGradient.pointer[place]
        // A value that several layers read gets the sum of their gradients.
        slot.slice.pointer[place] =
          slot.accumulates ? slot.slice.pointer[place] + gradient : gradient
      }
    }
  }

  /// What it is in ONNX.
  package func export(_ c: inout ExchangeContext) throws -> String {
    c.add("Mul", [c.inputs[0], c.inputs[0]])
  }
}
