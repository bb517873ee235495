import GraftBase
import GraftKernels

/// The first token of each image: [N, T, 1, C] -> [N, C].
package struct SelectTokenOp: Op {
  package static let name = "class token"
  package static var examples: [OpExample] { [OpExample(SelectTokenOp(), inputs: [[3, 4, 1, 5]])] }

  package init() {}

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank == 4, inputs[0].pixels > 0 else {
      throw GraftError(.failed, "a class token is one of [N, T, 1, C], not of \(inputs[0])")
    }
    return [inputs[0].batch, inputs[0].channels]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func forward(_ c: ForwardContext) {
    let channels = c.outputShape.channels
    graft_copy_channels(
      c.inputs[0].pointer, c.inputShapes[0].pixels * channels, c.outputShape.batch, Int32(channels),
      0, c.output.pointer, channels)
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEach(c.outputShape.batch, lending: c, slot) { image, _, c, slot in
      let channels = c.outputShape.channels
      let count = c.inputShapes[0].pixels * channels
      let dx = slot.slice.part(image * count, count: count)
      if !slot.accumulates { dx.fill(0) }
      graft_copy(c.outputGradient.pointer + image * channels, channels, 1, dx.pointer)
    }
  }
}

extension SelectTokenOp {
  package var window: Window { .everything }
  package var denseForm: DenseForm {
    .refused("a class token sees the whole image, so that no position of it has scores of its own")
  }

  package func export(_ c: inout ExchangeContext) throws -> String {
    let operands = [
      c.add(integers: [0], "starts"), c.add(integers: [1], "ends"), c.add(integers: [2], "axes"),
    ]
    let token = c.add("Slice", c.inputs + operands)
    return c.add("Reshape", [token, c.add(integers: [0, c.outputShape.channels], "shape")])
  }
}
