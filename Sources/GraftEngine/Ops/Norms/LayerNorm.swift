import GraftBase
import GraftKernels

/// Layer normalization over the channels of each pixel or vector (Ba, 2016): any shape [..., C].
///
/// Parameters: scale and shift, each [C].
package struct LayerNormOp: Op {
  package static let name = "layer norm"
  package static var examples: [OpExample] {
    [
      OpExample(LayerNormOp(epsilon: 1e-6), inputs: [[2, 3, 4, 5]], parameters: [[5], [5]]),
      OpExample(LayerNormOp(epsilon: 1e-5), inputs: [[3, 37]], parameters: [[37], [37]]),
      OpExample(LayerNormOp(epsilon: 1e-6), inputs: [[2, 9, 9, 48]], parameters: [[48], [48]]),
    ]
  }

  package let epsilon: Float

  package init(epsilon: Float) { self.epsilon = epsilon }

  package var gradientInPlace: Int? { 0 }

  package func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }
  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0]) }

  /// Mean and 1 / deviation of each row.
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    2 * output.elementCount / output.channels
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    guard let needs = request.backward, needs.parameters.contains(true) else { return 0 }
    return 2 * PixelChunks(request.output).count * request.output.channels
  }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int { 2 * output.elementCount }

  package func forward(_ c: ForwardContext) {
    let chunks = PixelChunks(c.outputShape)
    c.pool.forEach(chunks.count, lending: c, chunks, epsilon) { chunk, _, c, chunks, epsilon in
      let channels = c.outputShape.channels
      let pixels = chunks.pixels(chunk)
      let at = pixels.lowerBound * channels
      graft_layer_norm(
        c.inputs[0].pointer + at, pixels.count, Int32(channels), epsilon, c.parameters[0].pointer,
        c.parameters[1].pointer,
        c.auxiliary.count > 0 ? c.auxiliary.pointer + 2 * pixels.lowerBound : nil,
        c.output.pointer + at)
    }
  }

  package func backward(_ c: BackwardContext) {
    let chunks = PixelChunks(c.outputShape)
    c.pool.forEach(chunks.count, lending: c, chunks) { chunk, _, c, chunks in
      let channels = c.outputShape.channels
      let pixels = chunks.pixels(chunk)
      let at = pixels.lowerBound * channels
      let (x, dy) = (c.inputs[0].pointer + at, c.outputGradient.pointer + at)
      let statistics = c.auxiliary.pointer + 2 * pixels.lowerBound
      // The parameters first: x's gradient may lie where the output's lies.
      if c.parameterGradients.contains(where: { $0 != nil }) {
        let sums = c.workspace.pointer + 2 * chunk * channels
        graft_layer_norm_sums(
          x, dy, pixels.count, Int32(channels), statistics, sums, sums + channels)
      }
      if let slot = c.inputGradients[0] {
        graft_layer_norm_gradient(
          x, dy, pixels.count, Int32(channels), c.parameters[0].pointer, statistics, slot.flag,
          slot.slice.pointer + at)
      }
    }
    let channels = c.outputShape.channels
    for (place, slot) in c.parameterGradients.enumerated() {
      guard let slot else { continue }
      graft_sum_chunks(
        c.workspace.pointer + place * channels, Int32(chunks.count), 2 * channels, 0, channels,
        slot.slice.pointer, slot.flag)
    }
  }
}

extension LayerNormOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    c.withChannelsLast { c, x in
      c.add(
        "LayerNormalization", [x] + c.parameters,
        [("axis", .integer(-1)), ("epsilon", .number(epsilon))])
    }
  }
}
