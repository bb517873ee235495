import GraftBase
import GraftKernels

/// y = x · gate: the gate has x's shape, or one factor for each channel of an image, [N, 1, 1, C] or
/// [N, C] (squeeze-and-excitation; Hu, 2017).
package struct MultiplyOp: Op {
  package static let name = "multiply"
  package static var examples: [OpExample] {
    [
      OpExample(MultiplyOp(), inputs: [[2, 3, 4, 5], [2, 1, 1, 5]]),
      OpExample(MultiplyOp(), inputs: [[3, 2, 3, 70], [3, 70]]),
      OpExample(MultiplyOp(), inputs: [[2, 3, 4, 5], [2, 3, 4, 5]]),
    ]
  }

  /// How x and y are stored; the gate is float32.
  private var format = NumberFormat.float32

  package init() {}

  package var worksInPlace: Bool { true }
  package var gradientInPlace: Int? { 0 }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let (x, gate) = (inputs[0], inputs[1])
    guard gate == x || gate.elementCount == x.batch * x.channels && gate.channels == x.channels
    else { throw GraftError(.failed, "cannot multiply \(x) by \(gate)") }
    return x
  }

  package func retention(_ needs: GradientNeeds) -> Retention {
    Retention(inputs: Set([1, 0].filter { needs.inputs[1 - $0] }))
  }

  package func storing(_ formats: OperandFormats, inputs: [Shape]) -> (any Op)? {
    guard inputs[0] != inputs[1], formats.inputs == [.bfloat16, .float32],
      formats.output == .bfloat16
    else { return nil }
    var stored = self
    stored.format = .bfloat16
    return stored
  }

  package func storesGradients(_ needs: GradientNeeds, inputs: [Shape]) -> Bool { true }

  package func forward(_ c: ForwardContext) {
    guard c.inputShapes[0] != c.inputShapes[1] else {
      return c.pool.forEachRange(of: c.output.count, lending: c) { range, _, c in
        let at = range.lowerBound
        graft_multiply(
          c.inputs[0].pointer + at, c.inputs[1].pointer + at, range.count, 0,
          c.output.pointer + at)
      }
    }
    let chunks = PixelChunks(c.outputShape)
    c.pool.forEach(chunks.count, lending: c, chunks, format) { chunk, _, c, chunks, format in
      let shape = c.outputShape
      let (images, rows) = chunks.part(chunk)
      let width = shape.pixels / (shape.rank == 4 ? shape[1] : 1)
      for image in images {
        let at = (image * shape.pixels + rows.lowerBound * width) * shape.channels
        let gate = c.inputs[1].pointer + image * shape.channels
        if format == .bfloat16 {
          graft_multiply_channels_stored(
            c.inputs[0].address(at, format), gate, rows.count * width, Int32(shape.channels), 0,
            c.output.address(at, format))
        } else {
          graft_multiply_channels(
            c.inputs[0].pointer + at, gate, rows.count * width, Int32(shape.channels), 0,
            c.output.pointer + at)
        }
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    // The gate first: x's gradient may lie where the output's lies.
    guard c.inputShapes[0] != c.inputShapes[1] else {
      return c.pool.forEachRange(of: c.outputGradient.count, lending: c) { range, _, c in
        for place in [1, 0] {
          guard let slot = c.inputGradients[place] else { continue }
          let at = range.lowerBound
          graft_multiply(
            c.outputGradient.pointer + at, c.inputs[1 - place].pointer + at, range.count, slot.flag,
            slot.slice.pointer + at)
        }
      }
    }
    c.pool.forEach(c.outputShape.batch, lending: c, format) { image, _, c, format in
      let (pixels, channels) = (c.outputShape.pixels, c.outputShape.channels)
      let at = image * pixels * channels
      let gate = c.inputs[1].pointer + image * channels
      if format == .bfloat16 {
        let dy = c.outputGradient.address(at, format)
        if let slot = c.inputGradients[1] {
          graft_channel_products_stored(
            c.inputs[0].address(at, format), dy, pixels, Int32(channels), slot.flag,
            slot.slice.pointer + image * channels)
        }
        if let slot = c.inputGradients[0] {
          graft_multiply_channels_stored(
            dy, gate, pixels, Int32(channels), slot.flag, slot.slice.address(at, format))
        }
        return
      }
      let dy = c.outputGradient.pointer + at
      if let slot = c.inputGradients[1] {
        graft_channel_products(
          c.inputs[0].pointer + at, dy, pixels, Int32(channels), slot.flag,
          slot.slice.pointer + image * channels)
      }
      if let slot = c.inputGradients[0] {
        graft_multiply_channels(
          dy, gate, pixels, Int32(channels), slot.flag, slot.slice.pointer + at)
      }
    }
  }
}

extension MultiplyOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    guard c.inputShapes[1].rank < c.inputShapes[0].rank else { return c.add("Mul") }
    let gate = c.add("Unsqueeze", [c.inputs[1], c.add(integers: [2, 3], "axes")])
    return c.add("Mul", [c.inputs[0], gate])
  }
}
