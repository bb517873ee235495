import GraftKernels

// Depthwise convolution: one filter a channel (Sifre, 2014). Bound by memory, not arithmetic: the
// loops run over channels, which lie side by side.
extension ConvolutionOp {
  private static let channelsPerTask = 64
  private static let mostChunks = 16

  func depthwiseWorkspaceCount(_ request: WorkspaceRequest) -> Int {
    guard let needs = request.backward else { return 0 }
    let chunks = chunkCount(request.output.batch)
    let weights = chunks * kernel.y * kernel.x * outputChannels
    let bias = hasBias ? 17 * outputChannels : 0
    return needs.parameters.contains(true) ? max(weights, bias) + bufferSlack : 0
  }

  private func chunkCount(_ batch: Int) -> Int {
    let perChunk = (batch + Self.mostChunks - 1) / Self.mostChunks
    return (batch + perChunk - 1) / perChunk
  }

  func depthwiseForward(_ c: ForwardContext) {
    let shape = depthwiseGeometry(c.inputShapes[0], c.outputShape)
    let bias = hasBias || foldedEpsilon != nil ? c.prepared.pointer : nil
    let weights = c.prepared.pointer + outputChannels + bufferSlack
    let inputCount = c.inputs[0].count / c.outputShape.batch
    let outputCount = c.output.count / c.outputShape.batch
    let rowCount = outputCount / c.outputShape[1]
    withUnsafePointer(to: shape) { shape in
      c.pool.forEach(c.outputShape.batch) { image, _ in
        let y = c.output.pointer + image * outputCount
        let fused = addsResidual ? GRAFT_LINEAR : activation.kernel
        for row in 0..<c.outputShape[1] {
          graft_depthwise_forward(
            shape, c.inputs[0].pointer + image * inputCount, weights, bias, fused, Int32(row),
            Int32(row + 1), y)
          guard addsResidual else { continue }
          let at = y + row * rowCount
          graft_add(
            at, c.inputs[1].pointer + image * outputCount + row * rowCount, rowCount, at)
          if activation != .linear { graft_activate(at, rowCount, activation.kernel, at) }
        }
      }
    }
  }

  func depthwiseBackward(_ c: BackwardContext) {
    let shape = depthwiseGeometry(c.inputShapes[0], c.outputShape)
    let batch = c.outputShape.batch
    let inputCount = c.inputShapes[0].elementCount / batch
    let outputCount = c.outputGradient.count / batch
    let blocks = (outputChannels + Self.channelsPerTask - 1) / Self.channelsPerTask
    func channels(_ block: Int) -> Range<Int> {
      block * Self.channelsPerTask..<min(outputChannels, (block + 1) * Self.channelsPerTask)
    }
    withUnsafePointer(to: shape) { shape in
      if let slot = c.inputGradients[0] {
        c.pool.forEach(batch * blocks) { task, _ in
          let image = task / blocks
          let range = channels(task % blocks)
          graft_depthwise_data_gradient(
            shape, c.outputGradient.pointer + image * outputCount, c.parameters[0].pointer,
            Int32(range.lowerBound), Int32(range.upperBound), slot.flag,
            slot.slice.pointer + image * inputCount)
        }
      }
      guard let slot = c.parameterGradients[0] else { return }
      let chunks = chunkCount(batch)
      let perChunk = (batch + chunks - 1) / chunks
      let count = slot.slice.count
      c.workspace.part(0, count: chunks * count).fill(0)
      c.pool.forEach(chunks * blocks) { task, _ in
        let chunk = task / blocks
        let range = channels(task % blocks)
        for image in chunk * perChunk..<min(batch, (chunk + 1) * perChunk) {
          graft_depthwise_weight_gradient(
            shape, c.inputs[0].pointer + image * inputCount,
            c.outputGradient.pointer + image * outputCount, Int32(range.lowerBound),
            Int32(range.upperBound), c.workspace.pointer + chunk * count)
        }
      }
      graft_sum_chunks(
        c.workspace.pointer, Int32(chunks), count, 0, count, slot.slice.pointer, slot.flag)
    }
    if hasBias, let slot = c.parameterGradients[1] { biasGradient(c, slot) }
  }

  private func depthwiseGeometry(_ x: Shape, _ y: Shape) -> graft_depthwise {
    graft_depthwise(
      in_h: Int32(x[1]), in_w: Int32(x[2]), channels: Int32(x[3]), out_h: Int32(y[1]),
      out_w: Int32(y[2]), kernel_h: Int32(kernel.y), kernel_w: Int32(kernel.x),
      stride_y: Int32(stride.y), stride_x: Int32(stride.x), pad_y: Int32(padding.y),
      pad_x: Int32(padding.x), dilation_y: Int32(dilation.y), dilation_x: Int32(dilation.x))
  }
}
