import GraftKernels

// Convolutions of 3×3 at stride 1 by Winograd's F(4×4, 3×3) (Lavin and Gray, 2016): a quarter of the
// multiplications for a rounding error of about 1e-6 of the largest value.
extension ConvolutionOp {
  /// Whether tiles of 4×4 outputs pay for this input: a function of shapes alone.
  func usesWinograd(_ input: Shape) -> Bool {
    guard kernel == 3, stride == 1, dilation == 1, groups == 1, padding.y <= 2, padding.x <= 2,
      input.channels >= 16, outputChannels >= 16
    else { return false }
    let height = input[1] + 2 * padding.y - 2
    let width = input[2] + 2 * padding.x - 2
    let tiles = ((height + 3) / 4) * ((width + 3) / 4)
    return 3 * (9 * height * width) >= 4 * (36 * tiles)
  }

  func winograd(_ x: Shape, _ y: Shape) -> graft_winograd {
    var winograd = graft_winograd()
    winograd.batch = Int32(x[0])
    winograd.in_h = Int32(x[1])
    winograd.in_w = Int32(x[2])
    winograd.in_channels = Int32(x[3])
    winograd.out_h = Int32(y[1])
    winograd.out_w = Int32(y[2])
    winograd.out_channels = Int32(y[3])
    winograd.pad_y = Int32(padding.y)
    winograd.pad_x = Int32(padding.x)
    graft_winograd_prepare(&winograd)
    return winograd
  }

  /// The data gradient is a convolution of the output gradient with the filters turned by 180°.
  private func winogradData(_ x: Shape, _ y: Shape) -> graft_winograd {
    var turned = self
    turned.padding = Pair(2 - padding.y, 2 - padding.x)
    return turned.winograd(y, x)
  }

  private func winogradGradient(_ x: Shape, _ y: Shape) -> graft_winograd_gradient {
    var gradient = graft_winograd_gradient()
    gradient.forward = winograd(x, y)
    graft_winograd_gradient_prepare(&gradient)
    return gradient
  }

  func winogradPreparedCount(_ request: WorkspaceRequest) -> Int {
    let (x, y) = (request.inputs[0], request.output)
    return request.backward == nil
      ? winograd(x, y).filter_count : winogradData(x, y).filter_count
  }

  func winogradPrepare(
    _ request: WorkspaceRequest, weights: UnsafePointer<Float>, scale: UnsafePointer<Float>?,
    filters: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    let (x, y) = (request.inputs[0], request.output)
    let isForward = request.backward == nil
    let slab = x.channels * outputChannels
    withUnsafePointer(to: isForward ? winograd(x, y) : winogradData(x, y)) { winograd in
      pool.forEach(Int(winograd.pointee.filter_tasks)) { task, _ in
        if isForward {
          graft_winograd_filters(
            winograd, weights, slab, outputChannels, 1, scale, filters, Int32(task))
        } else {
          graft_winograd_filters(
            winograd, weights + 8 * slab, -slab, 1, outputChannels, nil, filters, Int32(task))
        }
      }
    }
  }

  func winogradWorkspaceCount(_ request: WorkspaceRequest) -> Int {
    let (x, y) = (request.inputs[0], request.output)
    func count(_ winograd: graft_winograd) -> Int {
      winograd.block_count * (winograd.is_staged != 0 ? 1 : request.threads)
        + winograd.border_count * request.threads
    }
    guard let needs = request.backward else { return count(winograd(x, y)) }
    let data = needs.inputs[0] ? count(winogradData(x, y)) : 0
    guard needs.parameters[0] else { return data }
    let gradient = winogradGradient(x, y)
    let blocks = gradient.is_staged != 0 ? 1 : request.threads
    return max(
      data,
      gradient.sum_count * Int(gradient.chunks) + gradient.block_count * blocks
        + gradient.border_count * request.threads)
  }

  func winogradForward(
    _ c: ForwardContext, bias: UnsafePointer<Float>?, filters: UnsafePointer<Float>
  ) {
    run(
      winograd(c.inputShapes[0], c.outputShape), input: c.inputs[0], filters: filters,
      target: graft_winograd_target(
        output: c.output.pointer, bias: bias,
        residual: addsResidual ? UnsafePointer(c.inputs[1].pointer) : nil, accumulates: 0,
        activation: Int32(activation.kernel.rawValue)),
      workspace: c.workspace, pool: c.pool)
  }

  func winogradDataGradient(_ c: BackwardContext, _ slot: GradientSlot) {
    run(
      winogradData(c.inputShapes[0], c.outputShape), input: c.outputGradient,
      filters: c.prepared.pointer,
      target: graft_winograd_target(
        output: slot.slice.pointer, bias: nil, residual: nil, accumulates: slot.flag,
        activation: 0),
      workspace: c.workspace, pool: c.pool)
  }

  private func run(
    _ winograd: graft_winograd, input: Slice, filters: UnsafePointer<Float>,
    target: graft_winograd_target, workspace: Slice, pool: ThreadPool
  ) {
    withUnsafePointer(to: winograd) { w in
      withUnsafePointer(to: target) { target in
        let blocks = Int(w.pointee.blocks)
        let (blockCount, borderCount) = (w.pointee.block_count, w.pointee.border_count)
        guard w.pointee.is_staged != 0 else {
          pool.forEach(blocks) { block, worker in
            let own = workspace.pointer + worker * (blockCount + borderCount)
            graft_winograd_block(
              w, Int32(block), input.pointer, filters, target, own, own + blockCount)
          }
          return
        }
        for block in 0..<blocks {
          pool.forEach(Int(w.pointee.transform_tasks)) { task, worker in
            graft_winograd_transform(
              w, Int32(block), Int32(task), input.pointer, workspace.pointer,
              workspace.pointer + blockCount + worker * borderCount)
          }
          pool.forEach(Int(w.pointee.product_tasks)) { task, _ in
            graft_winograd_multiply(w, Int32(block), Int32(task), filters, workspace.pointer)
          }
          pool.forEach(Int(w.pointee.transform_tasks)) { task, _ in
            graft_winograd_store(w, Int32(block), Int32(task), workspace.pointer, target)
          }
        }
      }
    }
  }

  func winogradWeightGradient(_ c: BackwardContext, _ slot: GradientSlot) {
    let x = c.inputs[0].pointer
    let dy = c.outputGradient.pointer
    withUnsafePointer(to: winogradGradient(c.inputShapes[0], c.outputShape)) { g in
      let sums = c.workspace.pointer
      let scratch = sums + g.pointee.sum_count * Int(g.pointee.chunks)
      let (blockCount, borderCount) = (g.pointee.block_count, g.pointee.border_count)
      if g.pointee.is_staged == 0 {
        c.pool.forEach(Int(g.pointee.chunks)) { chunk, worker in
          let own = scratch + worker * (blockCount + borderCount)
          graft_winograd_gradient_chunk(g, Int32(chunk), x, dy, sums, own, own + blockCount)
        }
      } else {
        for block in 0..<Int(g.pointee.blocks) {
          c.pool.forEach(Int(g.pointee.transform_tasks)) { task, worker in
            graft_winograd_gradient_transform(
              g, Int32(block), Int32(task), x, dy, scratch,
              scratch + blockCount + worker * borderCount)
          }
          c.pool.forEach(Int(g.pointee.product_tasks)) { task, _ in
            graft_winograd_gradient_multiply(g, Int32(block), Int32(task), scratch, sums)
          }
        }
      }
      let channels = c.inputShapes[0].channels
      let perTask = 8
      c.pool.forEach((channels + perTask - 1) / perTask) { task, _ in
        graft_winograd_gradient_filters(
          g, Int32(task * perTask), Int32(min(channels, (task + 1) * perTask)), sums,
          slot.slice.pointer, slot.flag)
      }
    }
  }
}
