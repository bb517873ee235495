import GraftBase
import GraftKernels

/// Every `stride`-th pixel, from row and column `offset` on; pixels beyond the image are zero:
/// [N, H, W, C] -> [N, ceil(H / stride), ceil(W / stride), C].
package struct SubsampleOp: Op {
  package static let name = "subsample"
  package static var examples: [OpExample] {
    [
      OpExample(SubsampleOp(stride: 2), inputs: [[2, 5, 4, 3]]),
      OpExample(SubsampleOp(stride: 2, offset: 1), inputs: [[2, 5, 4, 3]]),
      OpExample(SubsampleOp(stride: 3, offset: 2), inputs: [[1, 7, 9, 2]]),
    ]
  }

  package let stride: Int
  package let offset: Int

  package init(stride: Int, offset: Int = 0) {
    precondition(stride > 0 && offset >= 0, "a stride below 1 or an offset below 0")
    self.stride = stride
    self.offset = offset
  }

  package var details: String { offset == 0 ? "by \(stride)" : "by \(stride) from \(offset)" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard x.rank == 4 else {
      throw GraftError(.failed, "subsampling takes [N, H, W, C], not \(x)")
    }
    return [x[0], (x[1] + stride - 1) / stride, (x[2] + stride - 1) / stride, x[3]]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func forward(_ c: ForwardContext) {
    c.pool.forEach(c.outputShape.batch, lending: self, c) { image, _, op, c in
      let line = c.outputShape[2] * c.outputShape.channels
      let count = c.outputShape[1] * line
      c.output.part(image * count, count: count).fill(0)
      op.forEachLine(ofImage: image, c.inputShapes[0], c.outputShape) { from, to, pixels in
        let channels = c.outputShape.channels
        graft_copy_channels(
          c.inputs[0].pointer + from, op.stride * channels, pixels, Int32(channels), 0,
          c.output.pointer + to, channels)
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEach(c.outputShape.batch, lending: self, c, slot) { image, _, op, c, slot in
      let count = slot.slice.count / c.outputShape.batch
      if !slot.accumulates { slot.slice.part(image * count, count: count).fill(0) }
      op.forEachLine(ofImage: image, c.inputShapes[0], c.outputShape) { from, to, pixels in
        let channels = c.outputShape.channels
        graft_copy_channels(
          c.outputGradient.pointer + to, channels, pixels, Int32(channels), 1,
          slot.slice.pointer + from, op.stride * channels)
      }
    }
  }

  /// The positions of the first values of each line that lies within the image, and how many of its
  /// pixels do.
  private func forEachLine(
    ofImage image: Int, _ x: Shape, _ y: Shape,
    _ body: (_ from: Int, _ to: Int, _ pixels: Int) -> Void
  ) {
    let pixels = max(0, (x[2] - offset + stride - 1) / stride)
    for row in 0..<y[1] where row * stride + offset < x[1] && pixels > 0 {
      body(
        ((image * x[1] + row * stride + offset) * x[2] + offset) * x.channels,
        (image * y[1] + row) * y[2] * y.channels, min(pixels, y[2]))
    }
  }
}

extension SubsampleOp {
  package var window: Window { Window(1, stride: Pair(stride), roundsUp: true) }

  package func export(_ c: inout ExchangeContext) throws -> String {
    let x = c.inputShapes[0]
    let operands = [
      c.add(integers: [offset, offset], "starts"), c.add(integers: [x[1], x[2]], "ends"),
      c.add(integers: [2, 3], "axes"), c.add(integers: [stride, stride], "steps"),
    ]
    let thinned = c.add("Slice", c.inputs + operands)
    func missing(_ axis: Int) -> Int {
      c.outputShape[axis] - max(0, x[axis] - offset + stride - 1) / stride
    }
    guard missing(1) + missing(2) > 0 else { return thinned }
    let pads = c.add(integers: [0, 0, 0, 0, 0, 0, missing(1), missing(2)], "pads")
    return c.add("Pad", [thinned, pads])
  }
}
