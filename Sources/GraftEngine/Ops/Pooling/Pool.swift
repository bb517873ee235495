import GraftBase
import GraftKernels

/// Max or average pooling over windows: [N, H, W, C] -> [N, (H + 2P - F)/S + 1, …, C].
///
/// Sizes round down, or up with `roundsUp` (torch's ceil mode: a window must start inside the
/// padded image). Average pooling counts padding as zeros, or not at all without `countsPadding`.
/// The maximum's switches are kept.
package struct PoolOp: Op {
  package enum Kind: String, Sendable { case max, average }

  package static let name = "pool"
  package static var examples: [OpExample] {
    func example(_ op: PoolOp, _ x: Shape) -> OpExample {
      OpExample(op, inputs: [x], hasKinks: op.kind == .max)
    }
    return [
      example(PoolOp(.max, kernel: 3, stride: 2, padding: 1), [2, 7, 6, 3]),
      example(PoolOp(.max, kernel: 3, stride: 2, roundsUp: true), [1, 6, 6, 2]),
      example(PoolOp(.average, kernel: 2, stride: 2), [2, 5, 4, 3]),
      example(
        PoolOp(.average, kernel: Pair(3, 2), stride: 2, padding: 1, roundsUp: true),
        [2, 6, 5, 3]),
      example(
        PoolOp(.average, kernel: 3, stride: 1, padding: 1, countsPadding: false), [2, 4, 5, 3]),
    ]
  }

  package let kind: Kind
  package let kernel: Pair
  package let stride: Pair
  package let padding: Pair
  package let roundsUp: Bool
  package let countsPadding: Bool
  /// How input and output are stored.
  private var format = NumberFormat.float32

  package init(
    _ kind: Kind, kernel: Pair, stride: Pair, padding: Pair = 0, roundsUp: Bool = false,
    countsPadding: Bool = true
  ) {
    self.kind = kind
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.roundsUp = roundsUp
    self.countsPadding = countsPadding
  }

  /// As a linear map a maximum is none of its window's pixels, and all of them alike.
  package func following(_ rule: RectifierRule) -> any Op {
    guard rule == .everything, kind == .max else { return self }
    return PoolOp(
      .average, kernel: kernel, stride: stride, padding: padding, roundsUp: roundsUp,
      countsPadding: countsPadding)
  }

  package var details: String {
    "\(kind.rawValue) \(kernel)\(stride == 1 ? "" : " stride \(stride)")"
  }

  package var window: Window {
    Window(kernel, stride: stride, padding: padding, roundsUp: roundsUp)
  }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard window.fits(x) else {
      throw GraftError(.failed, "a \(kernel) pooling window does not fit into \(x)")
    }
    guard kind == .average || kernel.y * kernel.x <= 256 else {
      throw GraftError(
        .failed, "a \(kernel) window is too large for max pooling, which takes up to 256 pixels")
    }
    let count = window.count(in: x)
    return [x[0], count.y, count.x, x[3]]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func storing(_ formats: OperandFormats, inputs: [Shape]) -> (any Op)? {
    guard formats.areBFloat16 else { return nil }
    var stored = self
    stored.format = .bfloat16
    return stored
  }

  package func storesGradients(_ needs: GradientNeeds, inputs: [Shape]) -> Bool { true }

  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    // A byte for each maximum.
    kind == .max ? (output.elementCount + 3) / 4 + bufferSlack : 0
  }

  package func forward(_ c: ForwardContext) {
    let chunks = PixelChunks(c.outputShape)
    lend(geometry(c.inputShapes[0], c.outputShape)) { shape in
      c.pool.forEach(
        kind == .max ? chunks.count : c.outputShape.batch, lending: c, kind, format, shape, chunks
      ) { task, _, c, kind, format, shape, chunks in
        let inputCount = c.inputShapes[0].elementCount / c.outputShape.batch
        let outputCount = c.outputShape.elementCount / c.outputShape.batch
        guard kind == .max else {
          return graft_average_pool(
            shape.pointer, c.inputs[0].address(task * inputCount, format),
            c.output.address(task * outputCount, format))
        }
        let switches = c.auxiliary.count > 0 ? c.auxiliary.pointer.asSwitches : nil
        let (images, rows) = chunks.part(task)
        for image in images {
          graft_max_pool(
            shape.pointer, c.inputs[0].address(image * inputCount, format),
            Int32(rows.lowerBound), Int32(rows.upperBound),
            c.output.address(image * outputCount, format),
            switches.map { $0 + image * outputCount })
        }
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    let chunks = PixelChunks(c.inputShapes[0])
    lend(geometry(c.inputShapes[0], c.outputShape)) { shape in
      c.pool.forEach(
        kind == .max ? chunks.count : c.outputShape.batch, lending: c, slot, kind, format, shape,
        chunks
      ) { task, _, c, slot, kind, format, shape, chunks in
        let inputCount = c.inputShapes[0].elementCount / c.outputShape.batch
        let outputCount = c.outputShape.elementCount / c.outputShape.batch
        guard kind == .max else {
          return graft_average_pool_gradient(
            shape.pointer, c.outputGradient.address(task * outputCount, format), slot.flag,
            slot.slice.address(task * inputCount, format))
        }
        let (images, rows) = chunks.part(task)
        for image in images {
          graft_max_pool_gradient(
            shape.pointer, c.outputGradient.address(image * outputCount, format),
            c.auxiliary.pointer.asSwitches + image * outputCount, Int32(rows.lowerBound),
            Int32(rows.upperBound), slot.flag, slot.slice.address(image * inputCount, format))
        }
      }
    }
  }

  func geometry(_ x: Shape, _ y: Shape) -> graft_pool {
    graft_pool(
      in_h: Int32(x[1]), in_w: Int32(x[2]), channels: Int32(x[3]), out_h: Int32(y[1]),
      out_w: Int32(y[2]), kernel_h: Int32(kernel.y), kernel_w: Int32(kernel.x),
      stride_y: Int32(stride.y), stride_x: Int32(stride.x), pad_y: Int32(padding.y),
      pad_x: Int32(padding.x), excludes_padding: countsPadding ? 0 : 1,
      is_bf16: format == .bfloat16 ? 1 : 0)
  }
}

extension PoolOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    // What rounding up adds is exported as padding, which is the same for a maximum and leaves
    // nothing to the rules of a runtime.
    func end(_ axis: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> Int {
      let reach = (c.outputShape[axis] - 1) * stride + kernel
      return max(padding, reach - c.inputShapes[0][axis] - padding)
    }
    let bottom = end(1, kernel.y, stride.y, padding.y)
    let right = end(2, kernel.x, stride.x, padding.x)
    // Without padding only what rounding up adds could count, and that never does.
    let counts = countsPadding && padding != 0
    guard kind == .max || !counts || (bottom == padding.y && right == padding.x) else {
      throw GraftError(
        .failed, "\(c.path): average pooling that rounds up a size cannot be exported to ONNX",
        help: "choose a size= of the encoder that the windows fit")
    }
    let attributes: [(String, ExchangeGraph.Attribute)] = [
      ("kernel_shape", .integers([kernel.y, kernel.x])),
      ("strides", .integers([stride.y, stride.x])),
      ("pads", .integers([padding.y, padding.x, bottom, right])),
    ]
    return kind == .max
      ? c.add("MaxPool", nil, attributes)
      : c.add(
        "AveragePool", nil, attributes + [("count_include_pad", .integer(counts ? 1 : 0))])
  }
}

extension UnsafeMutablePointer<Float> {
  /// The same memory as positions of maxima, a byte each.
  var asSwitches: UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: UInt8.self)
  }
}
