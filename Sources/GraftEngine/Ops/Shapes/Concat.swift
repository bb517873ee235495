import GraftBase
import GraftKernels

/// Joins images along their channels: [N, H, W, Ca], [N, H, W, Cb], … -> [N, H, W, Ca + Cb + …].
package struct ConcatOp: Op {
  package static let name = "concat"
  package static var examples: [OpExample] {
    [
      OpExample(ConcatOp(), inputs: [[2, 3, 4, 5], [2, 3, 4, 2]]),
      OpExample(ConcatOp(), inputs: [[1, 2, 2, 3], [1, 2, 2, 1], [1, 2, 2, 4]]),
    ]
  }

  /// How all operands are stored.
  private var format = NumberFormat.float32

  package init() {}

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let front = inputs[0].dimensions.dropLast()
    guard inputs.allSatisfy({ $0.dimensions.dropLast() == front }) else {
      let shapes = inputs.map(\.description).joined(separator: ", ")
      throw GraftError(.failed, "cannot join \(shapes): they differ in more than channels")
    }
    return Shape(front + [inputs.reduce(0) { $0 + $1.channels }])
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
      of: c.outputShape.allPixels, step: 256, lending: c, format
    ) { pixels, _, c, format in
      Self.forEachBlock(of: pixels, c.inputShapes) { pixel, first, input, width in
        c.output.address(pixel * c.outputShape.channels + first, format)
          .copyMemory(
            from: c.inputs[input].address(pixel * width, format), byteCount: width * format.bytes)
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    c.pool.forEachRange(
      of: c.outputShape.allPixels, step: 256, lending: c, format
    ) { pixels, _, c, format in
      Self.forEachBlock(of: pixels, c.inputShapes) { pixel, first, input, width in
        c.inputGradients[input]?.take(
          c.outputGradient.address(pixel * c.outputShape.channels + first, format), width,
          at: pixel * width, format)
      }
    }
  }

  /// Each input's channels of each pixel, `first` their position in the output.
  private static func forEachBlock(
    of pixels: Range<Int>, _ inputs: [Shape],
    _ body: (_ pixel: Int, _ first: Int, _ input: Int, _ width: Int) -> Void
  ) {
    for pixel in pixels {
      var first = 0
      for (input, shape) in inputs.enumerated() {
        body(pixel, first, input, shape.channels)
        first += shape.channels
      }
    }
  }
}

extension ConcatOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    c.add("Concat", nil, [("axis", .integer(1))])
  }
}
