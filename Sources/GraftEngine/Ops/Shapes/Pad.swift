import GraftBase
import GraftKernels

/// Rows and columns added around an image: [N, H, W, C] -> [N, H + top + bottom, W + left + right,
/// C], as torch's `F.pad` does it.
package struct PadOp: Op {
  /// What is outside the image.
  package enum Mode: String, Codable, WordChoice {
    case zero
    /// The mirror image, the edge itself not repeated.
    case reflect
    /// The nearest pixel of the edge.
    case replicate
    /// The opposite side of the image.
    case circular

    fileprivate var kernelMode: graft_pad_mode {
      switch self {
      case .zero: GRAFT_PAD_ZERO
      case .reflect: GRAFT_PAD_REFLECT
      case .replicate: GRAFT_PAD_REPLICATE
      case .circular: GRAFT_PAD_CIRCULAR
      }
    }
  }

  /// How much is added.
  package enum Amount: Sendable, Hashable {
    case sides(Sides)
    /// The padding with which a window that spans so many pixels gives H / stride x W / stride,
    /// rounded up; the odd row or column comes below or to the right, TensorFlow's `SAME`.
    case same(reach: Pair, stride: Pair)
  }

  package static let name = "pad"
  package static var examples: [OpExample] {
    Mode.allCases.map {
      OpExample(PadOp(Sides(top: 2, left: 1, bottom: 3, right: 0), $0), inputs: [[2, 5, 4, 3]])
    } + [
      OpExample(PadOp(Sides(2), .circular), inputs: [[1, 2, 2, 18]]),
      OpExample(PadOp(same: Pair(3, 2), stride: 2, .reflect), inputs: [[2, 5, 4, 2]]),
    ]
  }

  package let amount: Amount
  package let mode: Mode

  package init(_ sides: Sides, _ mode: Mode = .zero) {
    precondition(sides.smallest >= 0, "padding below 0")
    amount = .sides(sides)
    self.mode = mode
  }

  package init(same reach: Pair, stride: Pair, _ mode: Mode = .zero) {
    amount = .same(reach: reach, stride: stride)
    self.mode = mode
  }

  /// What is added to an image of this shape.
  package func sides(for x: Shape) -> Sides {
    switch amount {
    case .sides(let sides): return sides
    case .same(let reach, let stride):
      func total(_ size: Int, _ reach: Int, _ stride: Int) -> Int {
        max(0, (size - 1) / stride * stride + reach - size)
      }
      let y = total(x[1], reach.y, stride.y)
      let x = total(x[2], reach.x, stride.x)
      return Sides(top: y / 2, left: x / 2, bottom: y - y / 2, right: x - x / 2)
    }
  }

  package var details: String {
    let text =
      switch amount {
      case .sides(let sides): sides.description
      case .same: "same"
      }
    return mode == .zero ? text : "\(text) \(mode.rawValue)"
  }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard x.rank == 4 else { throw GraftError(.failed, "padding takes [N, H, W, C], not \(x)") }
    let sides = sides(for: x)
    let most = [x[1], x[2]].map { mode == .reflect ? $0 - 1 : $0 }
    guard
      mode == .zero || mode == .replicate
        || max(sides.top, sides.bottom) <= most[0] && max(sides.left, sides.right) <= most[1]
    else {
      throw GraftError(
        .failed,
        "\(mode.rawValue) padding of \(sides) takes more pixels than \(x) has",
        help: "at most \(most[0]) rows and \(most[1]) columns can be added to each side")
    }
    return [x[0], x[1] + sides.top + sides.bottom, x[2] + sides.left + sides.right, x[3]]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func forward(_ c: ForwardContext) {
    let chunks = PixelChunks(c.outputShape)
    lend(geometry(c.inputShapes[0], c.outputShape)) { shape in
      c.pool.forEach(chunks.count, lending: c, shape, chunks) { task, _, c, shape, chunks in
        let (images, rows) = chunks.part(task)
        let inputCount = c.inputs[0].count / c.outputShape.batch
        let outputCount = c.output.count / c.outputShape.batch
        for image in images {
          graft_pad(
            shape.pointer, c.inputs[0].pointer + image * inputCount, Int32(rows.lowerBound),
            Int32(rows.upperBound), c.output.pointer + image * outputCount)
        }
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    let chunks = PixelChunks(c.inputShapes[0])
    lend(geometry(c.inputShapes[0], c.outputShape)) { shape in
      c.pool.forEach(chunks.count, lending: c, slot, shape, chunks) {
        task, _, c, slot, shape, chunks in
        let (images, rows) = chunks.part(task)
        let inputCount = slot.slice.count / c.outputShape.batch
        let outputCount = c.outputGradient.count / c.outputShape.batch
        for image in images {
          graft_pad_gradient(
            shape.pointer, c.outputGradient.pointer + image * outputCount, Int32(rows.lowerBound),
            Int32(rows.upperBound), slot.flag, slot.slice.pointer + image * inputCount)
        }
      }
    }
  }

  private func geometry(_ x: Shape, _ y: Shape) -> graft_padding {
    let sides = sides(for: x)
    return graft_padding(
      in_h: Int32(x[1]), in_w: Int32(x[2]), channels: Int32(x[3]), out_h: Int32(y[1]),
      out_w: Int32(y[2]), top: Int32(sides.top), left: Int32(sides.left), mode: mode.kernelMode)
  }
}

extension PadOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let names: [Mode: String] = [.zero: "constant", .reflect: "reflect", .replicate: "edge"]
    guard let name = names[mode] else {
      throw GraftError(
        .failed, "\(c.path): circular padding cannot be exported to ONNX's opset 17",
        help: "pad with zeros, or save as safetensors for torch")
    }
    let sides = sides(for: c.inputShapes[0])
    let pads = c.add(
      integers: [0, 0, sides.top, sides.left, 0, 0, sides.bottom, sides.right], "pads")
    return c.add("Pad", [c.inputs[0], pads], [("mode", .text(name))])
  }
}
