import GraftBase
import GraftKernels

/// Global response normalization (Woo et al., 2023): of an image [H, W, C], each channel is scaled by its
/// length over the mean length of all channels, y = x + scale · x · length / (mean + ε) + shift.
///
/// Parameters: scale and shift, each [C]. Images are the tasks, so that their bits depend on nothing else.
package struct GlobalResponseNormOp: Op {
  package static let name = "global response norm"
  package static var examples: [OpExample] {
    [
      OpExample(
        GlobalResponseNormOp(epsilon: 1e-6), inputs: [[2, 3, 4, 5]], parameters: [[5], [5]]),
      OpExample(
        GlobalResponseNormOp(epsilon: 1e-6), inputs: [[3, 9, 9, 70]], parameters: [[70], [70]]),
    ]
  }

  package let epsilon: Float

  package init(epsilon: Float) { self.epsilon = epsilon }

  package var gradientInPlace: Int? { 0 }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank == 4 else {
      throw GraftError(
        .failed, "a global response norm takes [N, H, W, C], not \(inputs[0])",
        help: "put it before the pooling")
    }
    return inputs[0]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0]) }

  /// The lengths of each image's channels.
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    output.batch * output.channels
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    (request.backward == nil ? 2 : 4) * request.output.batch * request.output.channels
  }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int { 2 * output.elementCount }

  package var window: Window { .everything }

  package func forward(_ c: ForwardContext) {
    c.pool.forEach(c.outputShape.batch, lending: c, epsilon) { image, _, c, epsilon in
      let (batch, channels) = (c.outputShape.batch, c.outputShape.channels)
      let pixels = c.outputShape.elementCount / (batch * channels)
      let at = image * pixels * channels
      let lengths =
        (c.auxiliary.count > 0 ? c.auxiliary.pointer : c.workspace.pointer) + image * channels
      let factors = c.workspace.pointer + (batch + image) * channels
      let x = c.inputs[0].pointer + at
      graft_channel_lengths(x, pixels, Int32(channels), lengths)
      let inverse = 1 / Self.divisor(lengths, channels, epsilon)
      for channel in 0..<channels {
        factors[channel] = 1 + c.parameters[0].pointer[channel] * lengths[channel] * inverse
      }
      graft_response_scale(
        x, pixels, Int32(channels), factors, c.parameters[1].pointer, c.output.pointer + at)
    }
  }

  package func backward(_ c: BackwardContext) {
    c.pool.forEach(c.outputShape.batch, lending: c, epsilon) { image, _, c, epsilon in
      let (batch, channels) = (c.outputShape.batch, c.outputShape.channels)
      let pixels = c.outputShape.elementCount / (batch * channels)
      let at = image * pixels * channels
      let (x, dy) = (c.inputs[0].pointer + at, c.outputGradient.pointer + at)
      let lengths = c.auxiliary.pointer + image * channels
      let scale = c.parameters[0].pointer
      // The gradients of scale and shift from this image, and below them what its pixels get.
      let products = c.workspace.pointer + 2 * image * channels
      let factors = c.workspace.pointer + 2 * (batch + image) * channels
      let slopes = factors + channels
      graft_response_sums(x, dy, pixels, Int32(channels), products, products + channels)
      let inverse = 1 / Self.divisor(lengths, channels, epsilon)
      var shared: Float = 0
      for channel in 0..<channels {
        shared += scale[channel] * products[channel] * lengths[channel]
      }
      shared *= inverse * inverse / Float(channels)
      for channel in 0..<channels {
        let length = lengths[channel]
        factors[channel] = 1 + scale[channel] * length * inverse
        // A channel without length has none that could grow: torch's gradient there.
        slopes[channel] =
          length > 0 ? (scale[channel] * products[channel] * inverse - shared) / length : 0
        products[channel] *= length * inverse
      }
      if let slot = c.inputGradients[0] {
        graft_response_gradient(
          x, dy, pixels, Int32(channels), factors, slopes, slot.flag, slot.slice.pointer + at)
      }
    }
    let (batch, channels) = (c.outputShape.batch, c.outputShape.channels)
    for (place, slot) in c.parameterGradients.enumerated() {
      guard let slot else { continue }
      graft_sum_chunks(
        c.workspace.pointer + place * channels, Int32(batch), 2 * channels, 0, channels,
        slot.slice.pointer, slot.flag)
    }
  }

  /// What lengths are divided by: their mean, and a little.
  private static func divisor(
    _ lengths: UnsafePointer<Float>, _ channels: Int, _ epsilon: Float
  ) -> Float {
    var sum = 0.0
    for channel in 0..<channels { sum += Double(lengths[channel]) }
    return Float(sum / Double(channels)) + epsilon
  }
}

extension GlobalResponseNormOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let epsilon = c.add(number: self.epsilon, "epsilon")
    return c.withChannelsLast { c, x in
      let keeps = ("keepdims", ExchangeGraph.Attribute.integer(1))
      let lengths = c.add("ReduceL2", [x], [("axes", .integers([1, 2])), keeps])
      let mean = c.add("ReduceMean", [lengths], [("axes", .integers([3])), keeps])
      let share = c.add("Div", [lengths, c.add("Add", [mean, epsilon])])
      let scaled = c.add("Mul", [c.add("Mul", [x, share]), c.parameters[0]])
      return c.add("Add", [x, c.add("Add", [scaled, c.parameters[1]])])
    }
  }
}
