import GraftKernels

// Depthwise convolution: one filter per channel (Sifre, 2014). Bound by memory, not arithmetic.
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
    depthwiseForward(
      c, weights: c.prepared.suffix(from: outputChannels + bufferSlack),
      bias: hasBias || foldedEpsilon != nil ? c.prepared : nil)
  }

  /// `norm` is the input's, `sums` the memory of the norm that reads the output.
  func depthwiseForward(
    _ c: ForwardContext, weights: Slice, bias: Slice? = nil, norm: Lent<graft_norm>? = nil,
    sums: NormMemory? = nil
  ) {
    let chunks = PixelChunks(c.outputShape)
    lend(depthwiseGeometry(c.inputShapes[0], c.outputShape)) { shape in
      c.pool.forEach(
        chunks.count, lending: self, c, chunks, shape, weights, bias, norm, sums
      ) { chunk, worker, op, c, chunks, shape, weights, bias, norm, sums in
        let inputCount = c.inputShapes[0].elementCount / c.outputShape.batch
        let outputCount = c.outputShape.elementCount / c.outputShape.batch
        let record = sums?.emptyRecord(chunk)
        let (images, rows) = chunks.part(chunk)
        for image in images {
          let y = c.output.address(image * outputCount, op.formats.output)
          graft_depthwise_forward(
            shape.pointer, c.inputs[0].address(image * inputCount, op.formats.inputs[0]),
            norm?.pointer, weights.pointer,
            bias?.pointer,
            op.addsResidual ? GRAFT_LINEAR : op.activation.kernel, Int32(rows.lowerBound),
            Int32(rows.upperBound), y, record,
            c.workspace.pointer + worker * graft_depthwise_scratch(shape.pointer))
          guard op.addsResidual else { continue }
          let rowCount = c.outputShape[2] * op.outputChannels
          let count = rows.count * rowCount
          let first = image * outputCount + rows.lowerBound * rowCount
          let at = c.output.pointer + first
          graft_add(at, c.inputs[1].pointer + first, count, at)
          if op.activation != .linear { graft_activate(at, count, op.activation.kernel, 0, at) }
        }
      }
    }
  }

  func depthwiseBackward(_ c: BackwardContext) {
    depthwiseGradient(c)
    if hasBias, let slot = c.parameterGradients[1] { biasGradient(c, slot) }
  }

  /// Both gradients in one pass; norms as `graft_depthwise_operands` has them, `sums` gets those of
  /// the input's norm.
  func depthwiseGradient(
    _ c: BackwardContext, inputNorm: Lent<graft_norm>? = nil,
    outputNorm: Lent<graft_norm>? = nil, sums: NormMemory? = nil
  ) {
    let weightSlot = c.parameterGradients[0]
    guard c.inputGradients[0] != nil || weightSlot != nil else { return }
    let chunks = PixelChunks(c.inputShapes[0])
    let weightCount = kernel.y * kernel.x * outputChannels
    lend(depthwiseGeometry(c.inputShapes[0], c.outputShape)) { shape in
      let partials = c.workspace.suffix(
        from: c.pool.threadCount * graft_depthwise_scratch(shape.pointer))
      c.pool.forEach(
        chunks.count, lending: self, c, chunks, shape, inputNorm, outputNorm, sums, partials
      ) { chunk, worker, op, c, chunks, shape, inputNorm, outputNorm, sums, partials in
        let (inputFormat, outputFormat) = (op.formats.inputs[0], op.formats.output)
        let inputCount = c.inputShapes[0].elementCount / c.outputShape.batch
        let outputCount = c.outputShape.elementCount / c.outputShape.batch
        let weightCount = c.parameterGradients[0]?.slice.count
        let partial = weightCount.map { partials.pointer + chunk * $0 }
        partial?.update(repeating: 0, count: weightCount ?? 0)
        let record = sums?.emptyRecord(chunk)
        let (images, rows) = chunks.part(chunk)
        for image in images {
          var operands = graft_depthwise_operands()
          operands.input = UnsafeRawPointer(
            c.inputs[0].address(image * inputCount, inputFormat))
          operands.input_norm = inputNorm?.pointer
          operands.output_gradient = UnsafeRawPointer(
            c.outputGradient.address(image * outputCount, outputFormat))
          operands.output_norm = outputNorm?.pointer
          operands.output = UnsafeRawPointer(
            c.output.address(image * outputCount, outputFormat))
          operands.weights = UnsafePointer(c.parameters[0].pointer)
          operands.input_gradient = c.inputGradients[0].map {
            $0.slice.address(image * inputCount, inputFormat)
          }
          operands.accumulates = c.inputGradients[0]?.flag ?? 0
          operands.sums = record
          operands.weight_gradient = partial
          withUnsafePointer(to: operands) {
            graft_depthwise_gradient(
              shape.pointer, $0, Int32(rows.lowerBound), Int32(rows.upperBound),
              c.workspace.pointer + worker * graft_depthwise_scratch(shape.pointer))
          }
        }
      }
      guard let weightSlot else { return }
      graft_sum_chunks(
        partials.pointer, Int32(chunks.count), weightCount, 0, weightCount,
        weightSlot.slice.pointer,
        weightSlot.flag)
    }
  }

  private func depthwiseGeometry(_ x: Shape, _ y: Shape) -> graft_depthwise {
    graft_depthwise(
      in_h: Int32(x[1]), in_w: Int32(x[2]), channels: Int32(x[3]), out_h: Int32(y[1]),
      out_w: Int32(y[2]), kernel_h: Int32(kernel.y), kernel_w: Int32(kernel.x),
      stride_y: Int32(stride.y), stride_x: Int32(stride.x), pad_y: Int32(padding.y),
      pad_x: Int32(padding.x), dilation_y: Int32(dilation.y), dilation_x: Int32(dilation.x),
      in_bf16: formats.inputs[0] == .bfloat16 ? 1 : 0,
      out_bf16: formats.output == .bfloat16 ? 1 : 0)
  }
}
