import GraftKernels

extension ConvolutionOp {
  package func preparedCount(_ request: WorkspaceRequest) -> Int {
    if isDepthwise(request.inputs[0]) {
      let weights = kernel.y * kernel.x * outputChannels
      return request.backward == nil ? weights + outputChannels + bufferSlack : 0
    }
    if request.backward?.inputs[0] == false { return 0 }
    let biasCount = request.backward == nil ? outputChannels + bufferSlack : 0
    if let winograd = winograd(request.inputs[0], request.output) {
      return biasCount + winograd.filterCount(request)
    }
    let lists = tapLists(request)
    return lists.reduce(biasCount) { $0 + $1.taps.panel_count }
  }

  package func prepare(_ c: PrepareContext) {
    guard c.prepared.count > 0 else { return }
    let isForward = c.request.backward == nil
    let folded = isForward ? foldedBias(c.parameters) : (scale: nil, bias: nil)
    let weights = c.parameters[0].pointer
    var next = c.prepared.pointer
    if isForward {
      for o in 0..<outputChannels { next[o] = folded.bias?[o] ?? 0 }
      next += outputChannels + bufferSlack
    }
    if isDepthwise(c.request.inputs[0]) {
      guard isForward else { return }
      for index in 0..<kernel.y * kernel.x * outputChannels {
        next[index] = weights[index] * (folded.scale?[index % outputChannels] ?? 1)
      }
      return
    }
    if let winograd = winograd(c.request.inputs[0], c.request.output) {
      return folded.scale.withPointer(offset: 0) { scale in
        winograd.prepare(c, scale: scale, filters: next)
      }
    }
    let depth = c.request.inputs[0].channels / groups
    let width = outputChannels / groups
    let slab = depth * outputChannels
    for list in tapLists(c.request) {
      let start = weights + list.group * width
      let panels = next
      next += list.taps.panel_count
      withUnsafePointer(to: list.taps) { taps in
        c.pool.forEach(Int(taps.pointee.column_blocks)) { block, _ in
          if isForward {
            folded.scale.withPointer(offset: list.group * width) { scale in
              graft_taps_pack(
                taps, start, slab, outputChannels, 1, scale, panels, Int32(block))
            }
          } else {
            graft_taps_pack(taps, start, slab, 1, outputChannels, nil, panels, Int32(block))
          }
        }
      }
    }
  }

  private func winograd(_ x: Shape, _ y: Shape) -> Winograd? {
    Winograd.supports(self, x) ? Winograd(self, x, y) : nil
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    guard !isDepthwise(request.inputs[0]) else { return depthwiseWorkspaceCount(request) }
    if let winograd = winograd(request.inputs[0], request.output) {
      let bias = request.backward == nil ? 0 : biasChunks(request.output).workspace
      return max(winograd.workspaceCount(request), bias)
    }
    let scratch = tapLists(request).map(\.taps.scratch_count).max() ?? 0
    guard let needs = request.backward else { return scratch * request.threads }
    let data = needs.inputs[0] ? scratch * request.threads : 0
    guard needs.parameters[0] else { return max(data, biasChunks(request.output).workspace) }
    guard !(isPointwise && groups == 1) else {
      let gradient = pointwiseGradient(request.inputs[0])
      let weights =
        gradient.scratch_count * request.threads + Int(gradient.chunks) * gradient.weight_count
        + bufferSlack
      return max(data, weights, biasChunks(request.output).workspace)
    }
    let gradient = weightGradient(request.inputs[0], request.output, group: 0)
    let weights =
      gradient.scratch_count * request.threads + Int(gradient.chunks) * gradient.weight_count
      + bufferSlack
    return max(data, weights, biasChunks(request.output).workspace)
  }

  package func forward(_ c: ForwardContext) {
    guard !isDepthwise(c.inputShapes[0]) else { return depthwiseForward(c) }
    let request = WorkspaceRequest(
      inputs: c.inputShapes, output: c.outputShape, threads: c.pool.threadCount, backward: nil)
    let bias = hasBias || foldedEpsilon != nil ? c.prepared.pointer : nil
    var panels = c.prepared.pointer + outputChannels + bufferSlack
    if let winograd = winograd(c.inputShapes[0], c.outputShape) {
      let residual = addsResidual ? UnsafePointer(c.inputs[1].pointer) : nil
      return winograd.forward(
        c, filters: panels,
        epilogue: .init(bias: bias, residual: residual, activation: activation))
    }
    for list in tapLists(request) {
      let width = outputChannels / groups
      let residual = addsResidual ? c.inputs[1].pointer : nil
      run(
        list.taps, input: c.inputs[0], panels: panels, output: c.output.pointer,
        accumulates: false, bias: bias.map { $0 + list.group * width }, residual: residual,
        activation: activation.kernel, workspace: c.workspace, pool: c.pool)
      panels += list.taps.panel_count
    }
  }

  package func backward(_ c: BackwardContext) {
    guard !isDepthwise(c.inputShapes[0]) else { return depthwiseBackward(c) }
    if let winograd = winograd(c.inputShapes[0], c.outputShape) {
      winograd.backward(c)
    } else {
      if let slot = c.inputGradients[0] { dataGradient(c, slot) }
      if let slot = c.parameterGradients[0] { weightGradient(c, slot) }
    }
    if hasBias, let slot = c.parameterGradients[1] { biasGradient(c, slot) }
  }

  private func dataGradient(_ c: BackwardContext, _ slot: GradientSlot) {
    let needs = GradientNeeds(inputs: [true], parameters: [false, false], isTraining: false)
    let request = WorkspaceRequest(
      inputs: c.inputShapes, output: c.outputShape, threads: c.pool.threadCount, backward: needs)
    if !slot.accumulates && !phasesCoverInput {
      c.pool.forEachRange(of: slot.slice.count) { range, _ in
        slot.slice.part(range.lowerBound, count: range.count).fill(0)
      }
    }
    var panels = c.prepared.pointer
    for list in tapLists(request) {
      run(
        list.taps, input: c.outputGradient, panels: panels, output: slot.slice.pointer,
        accumulates: slot.accumulates, bias: nil, residual: nil, activation: GRAFT_LINEAR,
        workspace: c.workspace, pool: c.pool)
      panels += list.taps.panel_count
    }
  }

  private func run(
    _ taps: graft_taps, input: Slice, panels: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>, accumulates: Bool, bias: UnsafePointer<Float>?,
    residual: UnsafePointer<Float>?, activation: graft_activation, workspace: Slice,
    pool: ThreadPool
  ) {
    withUnsafePointer(to: taps) { taps in
      pool.forEach(Int(taps.pointee.task_count)) { task, worker in
        graft_taps_task(
          taps, Int32(task), input.pointer, panels, output, accumulates ? 1 : 0, bias, residual,
          activation, workspace.pointer + worker * taps.pointee.scratch_count)
      }
    }
  }

  private func pointwiseWeightGradient(_ c: BackwardContext, _ slot: GradientSlot) {
    let gradient = pointwiseGradient(c.inputShapes[0])
    let partials = c.workspace.pointer + gradient.scratch_count * c.pool.threadCount
    withUnsafePointer(to: gradient) { gradient in
      c.pool.forEach(Int(gradient.pointee.task_count)) { task, worker in
        graft_pointwise_weights_task(
          gradient, Int32(task), c.inputs[0].pointer, c.outputGradient.pointer, partials,
          c.workspace.pointer + worker * gradient.pointee.scratch_count)
      }
    }
    c.pool.forEachRange(of: gradient.weight_count) { range, _ in
      graft_sum_chunks(
        partials, gradient.chunks, gradient.weight_count, range.lowerBound, range.upperBound,
        slot.slice.pointer, slot.flag)
    }
  }

  private func weightGradient(_ c: BackwardContext, _ slot: GradientSlot) {
    guard !(isPointwise && groups == 1) else { return pointwiseWeightGradient(c, slot) }
    let width = outputChannels / groups
    for group in 0..<groups {
      let gradient = weightGradient(c.inputShapes[0], c.outputShape, group: group)
      let partials = c.workspace.pointer + gradient.scratch_count * c.pool.threadCount
      withUnsafePointer(to: gradient) { gradient in
        c.pool.forEach(Int(gradient.pointee.task_count)) { task, worker in
          graft_weight_gradient_task(
            gradient, Int32(task), c.inputs[0].pointer, c.outputGradient.pointer, partials,
            c.workspace.pointer + worker * gradient.pointee.scratch_count)
        }
      }
      let count = gradient.weight_count
      if groups == 1 {
        c.pool.forEachRange(of: count) { range, _ in
          graft_sum_chunks(
            partials, gradient.chunks, count, range.lowerBound, range.upperBound,
            slot.slice.pointer, slot.flag)
        }
      } else {
        for row in 0..<count / width {
          graft_sum_chunks(
            partials + row * width, gradient.chunks, count, 0, width,
            slot.slice.pointer + row * outputChannels + group * width, slot.flag)
        }
      }
    }
  }

  func biasGradient(_ c: BackwardContext, _ slot: GradientSlot) {
    let plan = biasChunks(c.outputShape)
    let rows = c.outputShape.batch * c.outputShape.pixels
    c.pool.forEach(plan.chunks) { chunk, _ in
      let first = chunk * plan.rowsPerChunk
      graft_column_sums(
        c.outputGradient.pointer + first * outputChannels,
        min(plan.rowsPerChunk, rows - first), outputChannels,
        c.workspace.pointer + chunk * outputChannels)
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

extension Optional where Wrapped == [Float] {
  fileprivate func withPointer(offset: Int, _ body: (UnsafePointer<Float>?) -> Void) {
    guard let self else { return body(nil) }
    self.withUnsafeBufferPointer { body($0.baseAddress.map { $0 + offset }) }
  }
}
