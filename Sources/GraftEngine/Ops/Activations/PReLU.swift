import GraftBase
import GraftKernels

/// Leaky ReLU with a trained slope, one for each channel or one for all (He, 2015): any shape [..., C].
///
/// Parameter: the slopes, [C] or [1].
package struct PReLUOp: Op {
  package static let name = "prelu"
  package static var examples: [OpExample] {
    [
      OpExample(PReLUOp(slopeCount: 5), inputs: [[2, 3, 4, 5]], parameters: [[5]], hasKinks: true),
      OpExample(
        PReLUOp(slopeCount: 1), inputs: [[3, 2, 3, 7]], parameters: [[1]], hasKinks: true),
      OpExample(
        PReLUOp(slopeCount: 70), inputs: [[4, 70]], parameters: [[70]], hasKinks: true),
    ]
  }

  package let slopeCount: Int

  package init(slopeCount: Int) { self.slopeCount = slopeCount }

  package var details: String { slopeCount == 1 ? "one slope" : "\(slopeCount) slopes" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard slopeCount == 1 || slopeCount == inputs[0].channels else {
      throw GraftError(.failed, "\(slopeCount) slopes do not fit the channels of \(inputs[0])")
    }
    return inputs[0]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0]) }

  /// A row of slopes, and partial sums of their gradients.
  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    let channels = request.output.channels
    return channels * (request.backward == nil ? 1 : 1 + PixelChunks(request.output).count)
  }

  package func forward(_ c: ForwardContext) {
    fillSlopes(c.workspace, c.parameters[0], c.outputShape.channels)
    let chunks = PixelChunks(c.outputShape)
    c.pool.forEach(chunks.count, lending: c, chunks) { chunk, _, c, chunks in
      let channels = c.outputShape.channels
      let pixels = chunks.pixels(chunk)
      let at = pixels.lowerBound * channels
      graft_prelu(
        c.inputs[0].pointer + at, c.workspace.pointer, pixels.count, Int32(channels),
        c.output.pointer + at)
    }
  }

  package func backward(_ c: BackwardContext) {
    let channels = c.outputShape.channels
    fillSlopes(c.workspace, c.parameters[0], channels)
    let chunks = PixelChunks(c.outputShape)
    c.pool.forEach(chunks.count, lending: c, chunks) { chunk, _, c, chunks in
      let channels = c.outputShape.channels
      let pixels = chunks.pixels(chunk)
      let at = pixels.lowerBound * channels
      let (x, dy) = (c.inputs[0].pointer + at, c.outputGradient.pointer + at)
      if c.parameterGradients[0] != nil {
        graft_prelu_slope_gradient(
          x, dy, pixels.count, Int32(channels), c.workspace.pointer + (1 + chunk) * channels)
      }
      if let slot = c.inputGradients[0] {
        graft_prelu_gradient(
          x, c.workspace.pointer, dy, pixels.count, Int32(channels), slot.flag,
          slot.slice.pointer + at)
      }
    }
    guard let slot = c.parameterGradients[0] else { return }
    let sums = c.workspace.pointer + channels
    guard slopeCount == 1 else {
      return graft_sum_chunks(
        sums, Int32(chunks.count), channels, 0, channels, slot.slice.pointer, slot.flag)
    }
    graft_sum_chunks(sums, Int32(chunks.count * channels), 1, 0, 1, slot.slice.pointer, slot.flag)
  }

  private func fillSlopes(_ row: Slice, _ slopes: Slice, _ channels: Int) {
    for c in 0..<channels { row.pointer[c] = slopes.pointer[slopeCount == 1 ? 0 : c] }
  }
}

extension PReLUOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let slopes = c.addChannels(c.parameters[0], count: slopeCount)
    return c.add("PRelu", [c.inputs[0], slopes])
  }
}
