import GraftBase
import GraftKernels

/// The parameter-free shortcut of CIFAR ResNets (option A; He, 2015): every `stride`-th pixel, new
/// channels zero, half of them first and half last.
package struct PaddingShortcutOp: Op {
  package static let name = "padding shortcut"
  package static var examples: [OpExample] {
    [OpExample(PaddingShortcutOp(stride: 2, outputChannels: 8), inputs: [[2, 5, 4, 4]])]
  }

  package let stride: Int
  package let outputChannels: Int
  /// How input and output are stored.
  private var format = NumberFormat.float32

  package init(stride: Int, outputChannels: Int) {
    self.stride = stride
    self.outputChannels = outputChannels
  }

  package var details: String { "stride \(stride) to \(outputChannels) channels" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard x.rank == 4, outputChannels >= x.channels else {
      throw GraftError(.failed, "cannot pad \(x) to \(outputChannels) channels")
    }
    return [x[0], (x[1] + stride - 1) / stride, (x[2] + stride - 1) / stride, outputChannels]
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
    c.pool.forEach(c.outputShape.batch, lending: self, c) { image, _, op, c in
      let channels = c.inputShapes[0].channels
      let front = (op.outputChannels - channels) / 2
      op.forEachPixel(ofImage: image, c.inputShapes[0], c.outputShape) { from, to in
        let (format, width) = (op.format, op.outputChannels)
        let y = c.output.address(to * width, format)
        y.initializeMemory(as: UInt8.self, repeating: 0, count: width * format.bytes)
        (y + front * format.bytes).copyMemory(
          from: c.inputs[0].address(from * channels, format), byteCount: channels * format.bytes)
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEach(c.outputShape.batch, lending: self, c, slot) { image, _, op, c, slot in
      let channels = c.inputShapes[0].channels
      let front = (op.outputChannels - channels) / 2
      let format = op.format
      if !slot.accumulates {
        let imageCount = c.inputShapes[0].elementCount / c.outputShape.batch
        slot.slice.address(image * imageCount, format)
          .initializeMemory(as: UInt8.self, repeating: 0, count: imageCount * format.bytes)
      }
      let added = GradientSlot(slot.slice, accumulates: true)
      op.forEachPixel(ofImage: image, c.inputShapes[0], c.outputShape) { from, to in
        added.take(
          c.outputGradient.address(to * op.outputChannels + front, format), channels,
          at: from * channels, format)
      }
    }
  }

  private func forEachPixel(
    ofImage image: Int, _ x: Shape, _ y: Shape, _ body: (_ from: Int, _ to: Int) -> Void
  ) {
    for row in 0..<y[1] {
      for column in 0..<y[2] {
        body(
          (image * x[1] + row * stride) * x[2] + column * stride,
          (image * y[1] + row) * y[2] + column)
      }
    }
  }
}

extension PaddingShortcutOp {
  package var window: Window { Window(1, stride: Pair(stride), roundsUp: true) }

  package func export(_ c: inout ExchangeContext) throws -> String {
    let channels = c.inputShapes[0].channels
    let front = (outputChannels - channels) / 2
    let operands = [
      c.add(integers: [0, 0], "starts"), c.add(integers: [Int(Int32.max), Int(Int32.max)], "ends"),
      c.add(integers: [2, 3], "axes"), c.add(integers: [stride, stride], "steps"),
    ]
    let thinned = c.add("Slice", c.inputs + operands)
    let back = outputChannels - channels - front
    return c.add("Pad", [thinned, c.add(integers: [0, front, 0, 0, 0, back, 0, 0], "pads")])
  }
}
