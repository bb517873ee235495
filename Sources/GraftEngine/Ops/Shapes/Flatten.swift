import GraftKernels

/// Flattens an image to a vector in torch's order, channels outermost: [N, H, W, C] -> [N, C·H·W].
package struct FlattenOp: Op {
  package static let name = "flatten"
  package static var examples: [OpExample] { [OpExample(FlattenOp(), inputs: [[2, 3, 4, 5]])] }

  package init() {}

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    [inputs[0].batch, inputs[0].elementCount / max(1, inputs[0].batch)]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func forward(_ c: ForwardContext) {
    c.pool.forEach(c.outputShape.batch, lending: c) { image, _, c in
      c.inputShapes[0].forEachPlace(inImage: image) { image, vector in
        c.output.pointer[vector] = c.inputs[0].pointer[image]
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEach(c.outputShape.batch, lending: c, slot) { image, _, c, slot in
      c.inputShapes[0].forEachPlace(inImage: image) { image, vector in
        slot.set(image, c.outputGradient.pointer[vector])
      }
    }
  }
}

extension FlattenOp {
  package var countsValues: Bool { false }
  package var window: Window { .everything }
  package var denseForm: DenseForm { .flattening }

  package func export(_ c: inout ExchangeContext) throws -> String {
    c.add("Flatten", nil, [("axis", .integer(1))])
  }
}

extension Shape {
  /// Each value of one image: its position in an image and in a vector of torch's order.
  fileprivate func forEachPlace(
    inImage image: Int, _ body: (_ image: Int, _ vector: Int) -> Void
  ) {
    let (pixels, channels) = (pixels, channels)
    let base = image * pixels * channels
    for pixel in 0..<pixels {
      for channel in 0..<channels {
        body(base + pixel * channels + channel, base + channel * pixels + pixel)
      }
    }
  }
}
