import GraftBase
import GraftKernels

/// y = x times one trained factor per channel, any shape [..., C]: layer scale (Touvron, 2021).
///
/// Parameter: the factors, C of them.
package struct ChannelScaleOp: Op {
  package static let name = "channel scale"
  package static var examples: [OpExample] {
    [
      OpExample(ChannelScaleOp(), inputs: [[2, 3, 4, 5]], parameters: [[5, 1, 1]]),
      OpExample(ChannelScaleOp(), inputs: [[3, 70]], parameters: [[70]]),
    ]
  }

  package init() {}

  package var worksInPlace: Bool { true }
  package var gradientInPlace: Int? { 0 }

  package func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }

  package func retention(_ needs: GradientNeeds) -> Retention {
    Retention(inputs: needs.parameters[0] ? [0] : [])
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    guard request.backward?.parameters[0] == true else { return 0 }
    return PixelChunks(request.output).count * request.output.channels
  }

  package func forward(_ c: ForwardContext) {
    let chunks = PixelChunks(c.outputShape)
    c.pool.forEach(chunks.count, lending: c, chunks) { chunk, _, c, chunks in
      let channels = c.outputShape.channels
      let pixels = chunks.pixels(chunk)
      let at = pixels.lowerBound * channels
      graft_multiply_channels(
        c.inputs[0].pointer + at, c.parameters[0].pointer, pixels.count, Int32(channels), 0,
        c.output.pointer + at)
    }
  }

  package func backward(_ c: BackwardContext) {
    let chunks = PixelChunks(c.outputShape)
    c.pool.forEach(chunks.count, lending: c, chunks) { chunk, _, c, chunks in
      let channels = c.outputShape.channels
      let pixels = chunks.pixels(chunk)
      let at = pixels.lowerBound * channels
      let dy = c.outputGradient.pointer + at
      // The factors first: x's gradient may lie where the output's lies.
      if c.parameterGradients[0] != nil {
        graft_channel_products(
          c.inputs[0].pointer + at, dy, pixels.count, Int32(channels), 0,
          c.workspace.pointer + chunk * channels)
      }
      if let slot = c.inputGradients[0] {
        graft_multiply_channels(
          dy, c.parameters[0].pointer, pixels.count, Int32(channels), slot.flag,
          slot.slice.pointer + at)
      }
    }
    guard let slot = c.parameterGradients[0] else { return }
    graft_sum_chunks(
      c.workspace.pointer, Int32(chunks.count), slot.slice.count, 0, slot.slice.count,
      slot.slice.pointer, slot.flag)
  }
}

extension ChannelScaleOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let factors = c.addChannels(c.parameters[0], count: c.outputShape.channels)
    return c.add("Mul", [c.inputs[0], factors])
  }
}
