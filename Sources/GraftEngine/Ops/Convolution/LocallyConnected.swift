import GraftBase
import GraftKernels

/// A convolution whose weights differ by position: [N, H, W, C] with weights
/// [H', W', KH, KW, C, K] -> [N, H', W', K], sizes as a convolution's.
///
/// Parameters: weight, then bias [H', W', K] if `hasBias`. It has M·p·q·K·w₂·h₂ weights (LeCun, 1989).
package struct LocallyConnectedOp: Op {
  package static let name = "locally connected"
  package static var examples: [OpExample] {
    func example(_ op: LocallyConnectedOp, _ x: Shape) -> OpExample {
      let y = (try? op.outputShape(of: [x])) ?? x
      let weight = Shape([y[1], y[2], op.kernel.y, op.kernel.x, x.channels, op.outputChannels])
      return OpExample(
        op, inputs: [x],
        parameters: op.hasBias ? [weight, [y[1], y[2], op.outputChannels]] : [weight])
    }
    return [
      example(.init(outputChannels: 4, kernel: 3, padding: 1, hasBias: true), [2, 4, 5, 3]),
      example(
        .init(outputChannels: 17, kernel: Pair(2, 3), stride: Pair(2, 1), hasBias: false),
        [3, 5, 4, 2]),
    ]
  }

  package let outputChannels: Int
  package let kernel: Pair
  package let stride: Pair
  package let padding: Pair
  package let hasBias: Bool
  /// Rows and columns that the weights are for; nil takes what comes.
  package let places: Pair?

  package init(
    outputChannels: Int, kernel: Pair, stride: Pair = 1, padding: Pair = 0, hasBias: Bool,
    places: Pair? = nil
  ) {
    self.outputChannels = outputChannels
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.hasBias = hasBias
    self.places = places
  }

  package var details: String {
    "\(kernel.y)×\(kernel.x)\(stride == 1 ? "" : " stride \(stride)")"
  }

  package var window: Window { Window(kernel, stride: stride, padding: padding) }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard window.fits(x) else {
      throw GraftError(.failed, "a \(kernel.y)×\(kernel.x) window does not fit into \(x)")
    }
    let found = window.count(in: x)
    guard places == nil || places == found else {
      throw GraftError(
        .failed,
        "a locally connected layer has no weights for the \(found) positions of \(x)",
        help: "this network takes images of its own size only: leave out size=")
    }
    return [x[0], found.y, found.x, outputChannels]
  }

  package func retention(_ needs: GradientNeeds) -> Retention {
    Retention(inputs: needs.parameters.first == true ? [0] : [])
  }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int {
    output.elementCount * kernel.y * kernel.x * inputs[0].channels
  }

  package func forward(_ c: ForwardContext) {
    lend(geometry(c.inputShapes[0], c.outputShape)) { shape in
      c.pool.forEach(c.outputShape[1], lending: c, shape) { row, _, c, shape in
        graft_local_forward(
          shape.pointer, c.inputs[0].pointer, c.parameters[0].pointer,
          c.parameters.count > 1 ? c.parameters[1].pointer : nil, Int32(row), c.output.pointer)
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    lend(geometry(c.inputShapes[0], c.outputShape)) { shape in
      if let slot = c.inputGradients[0] {
        c.pool.forEach(c.outputShape.batch, lending: c, slot, shape) { image, _, c, slot, shape in
          graft_local_data_gradient(
            shape.pointer, c.outputGradient.pointer, c.parameters[0].pointer, Int32(image),
            slot.flag,
            slot.slice.pointer)
        }
      }
      let weight = c.parameterGradients[0]
      let bias = c.parameterGradients.count > 1 ? c.parameterGradients[1] : nil
      guard weight != nil || bias != nil else { return }
      c.pool.forEach(c.outputShape[1], lending: c, weight, bias, shape) {
        row, _, c, weight, bias, shape in
        graft_local_weight_gradient(
          shape.pointer, c.inputs[0].pointer, c.outputGradient.pointer, Int32(row),
          weight?.slice.pointer, bias?.slice.pointer)
      }
    }
  }

  private func geometry(_ x: Shape, _ y: Shape) -> graft_local {
    graft_local(
      batch: Int32(x[0]), in_h: Int32(x[1]), in_w: Int32(x[2]), channels: Int32(x[3]),
      out_h: Int32(y[1]), out_w: Int32(y[2]), outputs: Int32(outputChannels),
      kernel_h: Int32(kernel.y), kernel_w: Int32(kernel.x), stride_y: Int32(stride.y),
      stride_x: Int32(stride.x), pad_y: Int32(padding.y), pad_x: Int32(padding.x))
  }
}
