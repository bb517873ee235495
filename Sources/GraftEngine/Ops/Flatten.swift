import GraftKernels

/// Lays a picture out as a vector in torch's order, channels outermost: [N, H, W, C] -> [N, C·H·W].
package struct FlattenOp: Op {
  package static let name = "flatten"
  package static var examples: [OpExample] { [OpExample(FlattenOp(), inputs: [[2, 3, 4, 5]])] }

  package init() {}

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    [inputs[0].batch, inputs[0].elementCount / max(1, inputs[0].batch)]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func forward(_ c: ForwardContext) {
    forEachPlace(c.inputShapes[0], c.pool) { picture, vector in
      c.output.pointer[vector] = c.inputs[0].pointer[picture]
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    forEachPlace(c.inputShapes[0], c.pool) { picture, vector in
      let gradient = c.outputGradient.pointer[vector]
      slot.slice.pointer[picture] =
        slot.accumulates ? slot.slice.pointer[picture] + gradient : gradient
    }
  }

  private func forEachPlace(
    _ x: Shape, _ pool: ThreadPool, _ body: (_ picture: Int, _ vector: Int) -> Void
  ) {
    let pixels = x.pixels
    let channels = x.channels
    pool.forEach(x.batch) { image, _ in
      let base = image * pixels * channels
      for pixel in 0..<pixels {
        for channel in 0..<channels {
          body(base + pixel * channels + channel, base + channel * pixels + pixel)
        }
      }
    }
  }
}
