import GraftKernels

// Depthwise convolution: one filter a channel (Sifre, 2014). Bound by memory, not arithmetic.
extension ConvolutionOp {
  func depthwiseWorkspaceCount(_ request: WorkspaceRequest) -> Int {
    let shape = depthwiseGeometry(request.inputs[0], request.output)
    let lines = withUnsafePointer(to: shape) { graft_depthwise_scratch($0) } * request.threads
    guard let needs = request.backward else { return lines }
    let partials = PixelChunks(request.inputs[0]).count * kernel.y * kernel.x * outputChannels
    let weights = needs.parameters.first == true ? partials + bufferSlack : 0
    return max(lines + weights, hasBias ? 17 * outputChannels + bufferSlack : 0)
  }

  func depthwiseForward(_ c: ForwardContext) {
    let bias = hasBias || foldedEpsilon != nil ? c.prepared.pointer : nil
    let weights = c.prepared.pointer + outputChannels + bufferSlack
    let fused = addsResidual ? GRAFT_LINEAR : activation.kernel
    forEachDepthwiseChunk(c) { call in
      graft_depthwise_forward(
        call.shape, call.input, nil, weights, bias, fused, call.firstRow, call.lastRow,
        call.output, nil, call.scratch)
      guard addsResidual else { return }
      let rowCount = c.outputShape[2] * outputChannels
      let count = Int(call.lastRow - call.firstRow) * rowCount
      let at = call.output + Int(call.firstRow) * rowCount
      graft_add(at, c.inputs[1].pointer + (at - c.output.pointer), count, at)
      if activation != .linear { graft_activate(at, count, activation.kernel, at) }
    }
  }

  /// One image's rows within a chunk of the output.
  struct DepthwiseCall {
    let shape: UnsafePointer<graft_depthwise>
    let chunk: Int
    /// Whether this is the first image of its chunk.
    let isFirst: Bool
    let firstRow, lastRow: Int32
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let scratch: UnsafeMutablePointer<Float>
  }

  func forEachDepthwiseChunk(_ c: ForwardContext, _ body: (DepthwiseCall) -> Void) {
    let inputCount = c.inputShapes[0].elementCount / c.outputShape.batch
    let outputCount = c.outputShape.elementCount / c.outputShape.batch
    let chunks = PixelChunks(c.outputShape)
    withUnsafePointer(to: depthwiseGeometry(c.inputShapes[0], c.outputShape)) { shape in
      let scratch = graft_depthwise_scratch(shape)
      c.pool.forEach(chunks.count) { chunk, worker in
        let (images, rows) = chunks.part(chunk)
        for image in images {
          body(
            DepthwiseCall(
              shape: shape, chunk: chunk, isFirst: image == images.lowerBound,
              firstRow: Int32(rows.lowerBound), lastRow: Int32(rows.upperBound),
              input: c.inputs[0].pointer + image * inputCount,
              output: c.output.pointer + image * outputCount,
              scratch: c.workspace.pointer + worker * scratch))
        }
      }
    }
  }

  func depthwiseBackward(_ c: BackwardContext) {
    depthwiseGradient(c, inputNorm: nil, outputNorm: nil) { _ in nil }
    if hasBias, let slot = c.parameterGradients[1] { biasGradient(c, slot) }
  }

  /// Both gradients in one pass; norms as `graft_depthwise_operands` has them, `sums` answers with
  /// a chunk's record.
  func depthwiseGradient(
    _ c: BackwardContext, inputNorm: UnsafePointer<graft_norm>?,
    outputNorm: UnsafePointer<graft_norm>?,
    sums: (_ chunk: Int) -> UnsafeMutablePointer<Double>?
  ) {
    let weightSlot = c.parameterGradients[0]
    guard c.inputGradients[0] != nil || weightSlot != nil else { return }
    let inputCount = c.inputShapes[0].elementCount / c.outputShape.batch
    let outputCount = c.outputShape.elementCount / c.outputShape.batch
    let chunks = PixelChunks(c.inputShapes[0])
    let weightCount = kernel.y * kernel.x * outputChannels
    withUnsafePointer(to: depthwiseGeometry(c.inputShapes[0], c.outputShape)) { shape in
      let scratch = graft_depthwise_scratch(shape)
      let partials = c.workspace.pointer + c.pool.threadCount * scratch
      c.pool.forEach(chunks.count) { chunk, worker in
        let partial = weightSlot.map { _ in partials + chunk * weightCount }
        partial?.update(repeating: 0, count: weightCount)
        let record = sums(chunk)
        let (images, rows) = chunks.part(chunk)
        for image in images {
          var operands = graft_depthwise_operands()
          operands.input = UnsafePointer(c.inputs[0].pointer + image * inputCount)
          operands.input_norm = inputNorm
          operands.output_gradient = UnsafePointer(
            c.outputGradient.pointer + image * outputCount)
          operands.output_norm = outputNorm
          operands.output = UnsafePointer(c.output.pointer + image * outputCount)
          operands.weights = UnsafePointer(c.parameters[0].pointer)
          operands.input_gradient = c.inputGradients[0].map {
            $0.slice.pointer + image * inputCount
          }
          operands.accumulates = c.inputGradients[0]?.flag ?? 0
          operands.sums = record
          operands.weight_gradient = partial
          withUnsafePointer(to: operands) {
            graft_depthwise_gradient(
              shape, $0, Int32(rows.lowerBound), Int32(rows.upperBound),
              c.workspace.pointer + worker * scratch)
          }
        }
      }
      guard let weightSlot else { return }
      graft_sum_chunks(
        partials, Int32(chunks.count), weightCount, 0, weightCount, weightSlot.slice.pointer,
        weightSlot.flag)
    }
  }

  private func depthwiseGeometry(_ x: Shape, _ y: Shape) -> graft_depthwise {
    graft_depthwise(
      in_h: Int32(x[1]), in_w: Int32(x[2]), channels: Int32(x[3]), out_h: Int32(y[1]),
      out_w: Int32(y[2]), kernel_h: Int32(kernel.y), kernel_w: Int32(kernel.x),
      stride_y: Int32(stride.y), stride_x: Int32(stride.x), pad_y: Int32(padding.y),
      pad_x: Int32(padding.x), dilation_y: Int32(dilation.y), dilation_x: Int32(dilation.x))
  }
}
