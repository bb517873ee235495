import GraftKernels

extension ConvolutionOp {
  package func preparedCount(_ request: WorkspaceRequest) -> Int {
    let isForward = request.backward == nil
    let bias = isForward ? outputChannels + bufferSlack : 0
    return switch algorithm(request.inputs[0], request.output) {
    case .depthwise: isForward ? bias + kernel.y * kernel.x * outputChannels : 0
    case .winograd(let winograd): bias + winograd.filterCount(request)
    case .products(let products):
      products.parts(request).reduce(bias) { $0 + $1.taps.panel_count }
    }
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    let bias = request.backward == nil ? 0 : biasChunks(request.output).workspace
    switch algorithm(request.inputs[0], request.output) {
    case .depthwise: return depthwiseWorkspaceCount(request)
    case .winograd(let winograd): return max(winograd.workspaceCount(request), bias)
    case .products(let products):
      let scratch = products.parts(request).map(\.taps.scratch_count).max() ?? 0
      return max(scratch * request.threads, products.weightScratch(request), bias)
    }
  }

  package func prepare(_ c: PrepareContext) {
    guard c.prepared.count > 0 else { return }
    guard c.request.backward == nil else {
      return prepareWeights(c, scale: nil, c.prepared)
    }
    let weights = c.prepared.suffix(from: outputChannels + bufferSlack)
    let bias = hasBias ? c.parameters[1].pointer : nil
    for o in 0..<outputChannels { c.prepared.pointer[o] = bias?[o] ?? 0 }
    guard let epsilon = foldedEpsilon else { return prepareWeights(c, scale: nil, weights) }
    let scale = fold(c.parameters.suffix(4).map(\.pointer), epsilon: epsilon, into: c.prepared)
    prepareWeights(c, scale: scale, weights)
  }

  /// Moves a bias through a norm of scale, shift, mean and variance; the factors of the weights.
  private func fold(
    _ norm: [UnsafeMutablePointer<Float>], epsilon: Float, into bias: Slice
  ) -> [Float] {
    (0..<outputChannels).map { o in
      let scale = norm[0][o] / (norm[3][o] + epsilon).squareRoot()
      bias.pointer[o] = norm[1][o] + (bias.pointer[o] - norm[2][o]) * scale
      return scale
    }
  }

  /// Packs the weights for one direction, multiplied by `scale` of each output channel.
  private func prepareWeights(
    _ c: PrepareContext, scale: [Float]?, _ prepared: Slice
  ) {
    switch algorithm(c.request.inputs[0], c.request.output) {
    case .depthwise:
      let weights = c.parameters[0].pointer
      for index in 0..<kernel.y * kernel.x * outputChannels {
        prepared.pointer[index] = weights[index] * (scale?[index % outputChannels] ?? 1)
      }
    case .winograd(let winograd): winograd.prepare(c, scale: scale, filters: prepared)
    case .products(let products): pack(products, c, scale: scale, prepared)
    }
  }

  private func pack(
    _ products: ConvolutionProducts, _ c: PrepareContext, scale: [Float]?, _ prepared: Slice
  ) {
    let strides =
      c.request.backward == nil
      ? (input: outputChannels, output: 1) : (input: 1, output: outputChannels)
    let width = outputChannels / groups
    let slab = c.request.inputs[0].channels / groups * outputChannels
    var next = prepared
    for part in products.parts(c.request) {
      let start = c.parameters[0].suffix(from: part.group * width)
      let scale = scale.map { Array($0[(part.group * width)...]) }
      let panels = next
      next = next.suffix(from: part.taps.panel_count)
      lend(part.taps) { taps in
        c.pool.forEach(
          Int(taps.pointer.pointee.column_blocks),
          lending: taps, start, slab, strides, scale, panels
        ) { block, _, taps, start, slab, strides, scale, panels in
          graft_taps_pack(
            taps.pointer, start.pointer, slab, strides.input, strides.output, scale,
            panels.pointer, Int32(block))
        }
      }
    }
  }

  package func forward(_ c: ForwardContext) {
    let bias = hasBias || foldedEpsilon != nil ? UnsafePointer(c.prepared.pointer) : nil
    let weights = c.prepared.suffix(from: outputChannels + bufferSlack)
    let residual = addsResidual ? UnsafePointer(c.inputs[1].pointer) : nil
    switch algorithm(c.inputShapes[0], c.outputShape) {
    case .depthwise: depthwiseForward(c)
    case .winograd(let winograd):
      winograd.forward(
        c, filters: weights,
        epilogue: .init(bias: bias, residual: residual, activation: activation))
    case .products(let products):
      var panels = UnsafePointer(weights.pointer)
      for part in products.forward {
        run(
          part.taps,
          TapsOperands(
            input: c.inputs[0].pointer, panels: panels, output: c.output.pointer,
            bias: bias.map { $0 + part.group * outputChannels / groups }, residual: residual,
            activation: activation.kernel), c.workspace, c.pool)
        panels += part.taps.panel_count
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    switch algorithm(c.inputShapes[0], c.outputShape) {
    case .depthwise: return depthwiseBackward(c)
    case .winograd(let winograd): winograd.backward(c)
    case .products(let products):
      if let slot = c.inputGradients[0] { dataGradient(products, c, slot) }
      if let slot = c.parameterGradients[0] {
        switch products.weights {
        case .pointwise(let weights): weightGradient(weights, c, slot)
        case .grouped(let groups): weightGradient(groups, c, slot)
        case .winograd(let winograd): winograd.backward(c, weightsOnly: true)
        }
      }
    }
    if hasBias, let slot = c.parameterGradients[1] { biasGradient(c, slot) }
  }

  private func dataGradient(
    _ products: ConvolutionProducts, _ c: BackwardContext, _ slot: GradientSlot
  ) {
    if !slot.accumulates && !products.dataCoversInput {
      c.pool.forEachRange(of: slot.slice.count, lending: slot) { range, _, slot in
        slot.slice.part(range.lowerBound, count: range.count).fill(0)
      }
    }
    var panels = UnsafePointer(c.prepared.pointer)
    for part in products.data {
      run(
        part.taps,
        TapsOperands(
          input: c.outputGradient.pointer, panels: panels, output: slot.slice.pointer,
          accumulates: slot.flag), c.workspace, c.pool)
      panels += part.taps.panel_count
    }
  }

  /// Data that the tasks of one list of taps share.
  private struct TapsOperands {
    let input: UnsafeRawPointer
    let panels: UnsafePointer<Float>
    let output: UnsafeMutableRawPointer
    var accumulates: Int32 = 0
    var bias: UnsafePointer<Float>?
    var residual: UnsafePointer<Float>?
    var activation = GRAFT_LINEAR
  }

  private func run(
    _ taps: graft_taps, _ operands: TapsOperands, _ workspace: Slice, _ pool: ThreadPool
  ) {
    lend(taps) { taps in
      lend(operands) { operands in
        pool.forEach(
          Int(taps.pointer.pointee.task_count), lending: taps, operands, workspace
        ) { task, worker, taps, operands, workspace in
          let o = operands.pointer.pointee
          graft_taps_task(
            taps.pointer, Int32(task), o.input, o.panels, o.output, o.accumulates, o.bias,
            o.residual, o.activation,
            workspace.pointer + worker * taps.pointer.pointee.scratch_count)
        }
      }
    }
  }

  private func weightGradient(
    _ gradient: graft_pointwise_weights, _ c: BackwardContext, _ slot: GradientSlot
  ) {
    let partials = c.workspace.suffix(from: gradient.scratch_count * c.pool.threadCount)
    lend(gradient) { gradient in
      c.pool.forEach(
        Int(gradient.pointer.pointee.task_count), lending: c, gradient, partials
      ) { task, worker, c, gradient, partials in
        graft_pointwise_weights_task(
          gradient.pointer, Int32(task), c.inputs[0].pointer, c.outputGradient.pointer,
          partials.pointer,
          c.workspace.pointer + worker * gradient.pointer.pointee.scratch_count)
      }
    }
    slot.reduce(partials, chunks: gradient.chunks, c.pool)
  }

  private func weightGradient(
    _ gradients: [graft_weight_gradient], _ c: BackwardContext, _ slot: GradientSlot
  ) {
    let width = outputChannels / groups
    for (group, gradient) in gradients.enumerated() {
      let partials = c.workspace.suffix(from: gradient.scratch_count * c.pool.threadCount)
      lend(gradient) { gradient in
        c.pool.forEach(
          Int(gradient.pointer.pointee.task_count), lending: c, gradient, partials
        ) { task, worker, c, gradient, partials in
          graft_weight_gradient_task(
            gradient.pointer, Int32(task), c.inputs[0].pointer, c.outputGradient.pointer,
            partials.pointer,
            c.workspace.pointer + worker * gradient.pointer.pointee.scratch_count)
        }
      }
      if groups == 1 {
        slot.reduce(partials, chunks: gradient.chunks, c.pool)
      } else {
        let count = gradient.weight_count
        for row in 0..<count / width {
          graft_sum_chunks(
            partials.pointer + row * width, gradient.chunks, count, 0, width,
            slot.slice.pointer + row * outputChannels + group * width, slot.flag)
        }
      }
    }
  }

  func biasGradient(_ c: BackwardContext, _ slot: GradientSlot) {
    let plan = biasChunks(c.outputShape)
    let rows = c.outputShape.batch * c.outputShape.pixels
    c.pool.forEach(
      plan.chunks, lending: c, plan, rows, outputChannels, formats.output
    ) { chunk, _, c, plan, rows, outputChannels, format in
      let first = chunk * plan.rowsPerChunk
      let count = min(plan.rowsPerChunk, rows - first)
      let sums = c.workspace.pointer + chunk * outputChannels
      if format == .bfloat16 {
        graft_column_sums_bf16(
          c.outputGradient.address(first * outputChannels, format), count, outputChannels, sums)
      } else {
        graft_column_sums(
          c.outputGradient.pointer + first * outputChannels, count, outputChannels, sums)
      }
    }
    graft_sum_chunks(
      c.workspace.pointer, Int32(plan.chunks), outputChannels, 0, outputChannels,
      slot.slice.pointer, slot.flag)
  }

  private func biasChunks(_ output: Shape) -> (chunks: Int, rowsPerChunk: Int, workspace: Int) {
    let rows = output.batch * output.pixels
    let rowsPerChunk = max(64, (rows + 15) / 16)
    let chunks = (rows + rowsPerChunk - 1) / rowsPerChunk
    return (chunks, rowsPerChunk, hasBias ? chunks * outputChannels + bufferSlack : 0)
  }
}

extension GradientSlot {
  /// Adds the partial sums of `chunks`, which lie one after the other, in their order.
  func reduce(_ partials: Slice, chunks: Int32, _ pool: ThreadPool) {
    pool.forEachRange(
      of: slice.count, lending: self, partials, chunks
    ) { range, _, slot, partials, chunks in
      graft_sum_chunks(
        partials.pointer, chunks, slot.slice.count, range.lowerBound, range.upperBound,
        slot.slice.pointer,
        slot.flag)
    }
  }
}
