import GraftKernels

/// One factor and one summand per channel, both trained: y = x · w + b, any shape [..., C].
///
/// After average pooling it is LeNet's subsampling with trainable coefficients (LeCun et al.,
/// 1998). Parameters: w [C], b [C].
package struct ChannelAffineOp: Op {
  package static let name = "channel affine"
  package static var examples: [OpExample] {
    [
      OpExample(ChannelAffineOp(), inputs: [[2, 5, 4, 3]], parameters: [[3], [3]]),
      OpExample(ChannelAffineOp(), inputs: [[3, 18]], parameters: [[18], [18]]),
    ]
  }

  package init() {}

  package func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }
  package func retention(_ needs: GradientNeeds) -> Retention {
    needs.parameters[0] ? Retention(inputs: [0]) : .nothing
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    guard let needs = request.backward, needs.parameters.contains(true) else { return 0 }
    // Doubles take two floats.
    return PixelChunks(request.output).count * 4 * request.output.channels
  }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int { output.elementCount }

  package func forward(_ c: ForwardContext) {
    let chunks = PixelChunks(c.outputShape)
    c.pool.forEach(chunks.count, lending: c, chunks) { chunk, _, c, chunks in
      let pixels = chunks.pixels(chunk)
      let at = pixels.lowerBound * c.outputShape.channels
      graft_channel_affine(
        c.inputs[0].pointer + at, c.parameters[0].pointer, c.parameters[1].pointer, pixels.count,
        c.outputShape.channels, 0, c.output.pointer + at)
    }
  }

  package func backward(_ c: BackwardContext) {
    let chunks = PixelChunks(c.outputShape)
    if let slot = c.inputGradients[0] {
      c.pool.forEach(chunks.count, lending: c, chunks, slot) { chunk, _, c, chunks, slot in
        let pixels = chunks.pixels(chunk)
        let at = pixels.lowerBound * c.outputShape.channels
        graft_channel_affine(
          c.outputGradient.pointer + at, c.parameters[0].pointer, nil, pixels.count,
          c.outputShape.channels, slot.flag, slot.slice.pointer + at)
      }
    }
    guard c.parameterGradients[0] != nil || c.parameterGradients[1] != nil else { return }
    c.pool.forEach(chunks.count, lending: c, chunks) { chunk, _, c, chunks in
      let channels = c.outputShape.channels
      let pixels = chunks.pixels(chunk)
      let at = pixels.lowerBound * channels
      let sums = c.workspace.asDoubles + chunk * 2 * channels
      sums.update(repeating: 0, count: 2 * channels)
      // Without the factor's gradient the input is not kept; the other sums do not read it.
      let x = c.parameterGradients[0] == nil ? c.outputGradient : c.inputs[0]
      graft_channel_affine_sums(
        x.pointer + at, c.outputGradient.pointer + at, pixels.count, channels, sums)
    }
    let channels = c.outputShape.channels
    for channel in 0..<channels {
      for (row, slot) in c.parameterGradients.enumerated() {
        var sum = 0.0
        for chunk in 0..<chunks.count {
          sum += c.workspace.asDoubles[(2 * chunk + row) * channels + channel]
        }
        slot?.set(channel, Float(sum))
      }
    }
  }
}

extension ChannelAffineOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let factors = c.addChannels(c.parameters[0], count: c.outputShape.channels)
    let shifts = c.addChannels(c.parameters[1], count: c.outputShape.channels)
    return c.add("Add", [c.add("Mul", [c.inputs[0], factors]), shifts])
  }
}

extension Slice {
  /// The same memory as doubles.
  fileprivate var asDoubles: UnsafeMutablePointer<Double> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Double.self)
  }
}
