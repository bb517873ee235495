import GraftKernels

/// A convolution of 3×3 at stride 1 by Winograd's F(4×4, 3×3) (Lavin and Gray, 2016): a quarter of the
/// multiplications for a rounding error of about 1e-6 of the largest value.
///
/// Tiles are cut from their sources one by one, so that norms around the convolution cost no pass
/// over memory: inputs and output gradients pass them on the way in, sums are added up on the way out.
final class Winograd: Sendable {
  private let forwardTiles: graft_winograd
  /// The data gradient is a convolution of the output gradient with the filters turned by 180°.
  private let dataTiles: graft_winograd
  private let weightTiles: graft_winograd_gradient
  /// The tasks in which sums of norms are added up.
  private let inputChunks, outputChunks: Int

  init(_ op: ConvolutionOp, _ x: Shape, _ y: Shape) {
    forwardTiles = Self.geometry(from: x, to: y, padding: op.padding)
    dataTiles = Self.geometry(from: y, to: x, padding: Pair(2 - op.padding.y, 2 - op.padding.x))
    var weights = graft_winograd_gradient()
    weights.forward = forwardTiles
    graft_winograd_gradient_prepare(&weights)
    weightTiles = weights
    inputChunks = PixelChunks(x).count
    outputChunks = PixelChunks(y).count
  }

  /// Whether tiles of 4×4 outputs pay for this convolution: a function of shapes alone.
  static func supports(_ op: ConvolutionOp, _ x: Shape) -> Bool {
    guard op.kernel == 3, op.stride == 1, op.dilation == 1, op.groups == 1, op.padding.y <= 2,
      op.padding.x <= 2, x.channels >= 16, op.outputChannels >= 16
    else { return false }
    let height = x[1] + 2 * op.padding.y - 2
    let width = x[2] + 2 * op.padding.x - 2
    let tiles = ((height + 3) / 4) * ((width + 3) / 4)
    return 3 * (9 * height * width) >= 4 * (36 * tiles)
  }

  private static func geometry(from x: Shape, to y: Shape, padding: Pair) -> graft_winograd {
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

  // MARK: - Memory

  func filterCount(_ request: WorkspaceRequest) -> Int {
    guard let needs = request.backward else { return forwardTiles.filter_count }
    return needs.inputs[0] ? dataTiles.filter_count : 0
  }

  func workspaceCount(_ request: WorkspaceRequest) -> Int {
    func count(_ winograd: graft_winograd) -> Int {
      winograd.block_count * (winograd.is_staged != 0 ? 1 : request.threads)
    }
    guard let needs = request.backward else { return count(forwardTiles) }
    let data = needs.inputs[0] ? count(dataTiles) : 0
    guard needs.parameters.first == true else { return data }
    let blocks = weightTiles.is_staged != 0 ? 1 : request.threads
    return max(
      data,
      weightTiles.sum_count * Int(weightTiles.chunks) + weightTiles.block_count * blocks)
  }

  /// Transforms the filters, multiplied by `scale` of each output channel.
  func prepare(
    _ c: PrepareContext, scale: UnsafePointer<Float>? = nil,
    filters: UnsafeMutablePointer<Float>
  ) {
    let isForward = c.request.backward == nil
    let weights = UnsafePointer(c.parameters[0].pointer)
    let outputs = Int(forwardTiles.out_channels)
    let slab = Int(forwardTiles.in_channels) * outputs
    let layout =
      isForward
      ? (start: weights, slab: slab, input: outputs, output: 1)
      : (start: weights + 8 * slab, slab: -slab, input: 1, output: outputs)
    withUnsafePointer(to: isForward ? forwardTiles : dataTiles) { winograd in
      c.pool.forEach(
        Int(winograd.pointee.filter_tasks), lending: winograd, layout, scale, filters
      ) { task, _, winograd, layout, scale, filters in
        graft_winograd_filters(
          winograd, layout.start, layout.slab, layout.input, layout.output, scale, filters,
          Int32(task))
      }
    }
  }

  // MARK: - Running

  /// What the output passes after its convolution, unless a norm reads it.
  struct Epilogue {
    var bias: UnsafePointer<Float>?
    var residual: UnsafePointer<Float>?
    var activation = Activation.linear
  }

  /// `norm` is the input's, `sums` the memory of the norm that reads the output.
  func forward(
    _ c: ForwardContext, filters: UnsafePointer<Float>, epilogue: Epilogue = Epilogue(),
    norm: UnsafePointer<graft_norm>? = nil, sums: NormMemory? = nil
  ) {
    run(
      forwardTiles,
      source: graft_winograd_source(x: c.inputs[0].pointer, z: nil, norm: norm),
      target: graft_winograd_target(
        output: c.output.pointer, bias: epilogue.bias, residual: epilogue.residual,
        accumulates: 0, activation: Int32(epilogue.activation.kernel.rawValue), norm: nil, z: nil),
      filters: filters, sums: sums, chunks: outputChunks, c.workspace, c.pool)
  }

  /// Gradients of data and weights; `sums` gets those of the input's norm.
  func backward(
    _ c: BackwardContext, inputNorm: UnsafePointer<graft_norm>? = nil,
    outputNorm: UnsafePointer<graft_norm>? = nil, sums: NormMemory? = nil
  ) {
    let gradient = graft_winograd_source(
      x: c.outputGradient.pointer, z: outputNorm == nil ? nil : UnsafePointer(c.output.pointer),
      norm: outputNorm)
    if let slot = c.inputGradients[0] {
      run(
        dataTiles, source: gradient,
        target: graft_winograd_target(
          output: slot.slice.pointer, bias: nil, residual: nil, accumulates: slot.flag,
          activation: 0, norm: inputNorm,
          z: inputNorm == nil ? nil : UnsafePointer(c.inputs[0].pointer)),
        filters: c.prepared.pointer, sums: sums, chunks: inputChunks, c.workspace, c.pool)
    }
    if let slot = c.parameterGradients[0] {
      let input = graft_winograd_source(x: c.inputs[0].pointer, z: nil, norm: inputNorm)
      weightGradient(c, slot, input: input, gradient: gradient)
    }
  }

  private func run(
    _ winograd: graft_winograd, source: graft_winograd_source, target: graft_winograd_target,
    filters: UnsafePointer<Float>, sums: NormMemory?, chunks: Int, _ workspace: Slice,
    _ pool: ThreadPool
  ) {
    withUnsafePointer(to: winograd) { w in
      withUnsafePointer(to: source) { source in
        withUnsafePointer(to: target) { target in
          let operands = Operands(w: w, source: source, target: target, filters: filters)
          if w.pointee.is_staged != 0 {
            runStages(operands, sums, chunks, workspace, pool)
          } else {
            runBlocks(operands, sums, chunks, workspace, pool)
          }
        }
      }
    }
  }

  private struct Operands {
    let w: UnsafePointer<graft_winograd>
    let source: UnsafePointer<graft_winograd_source>
    let target: UnsafePointer<graft_winograd_target>
    let filters: UnsafePointer<Float>
  }

  /// Each worker takes blocks from start to end; the sums of a run of blocks share a record.
  private func runBlocks(
    _ o: Operands, _ sums: NormMemory?, _ chunks: Int, _ workspace: Slice, _ pool: ThreadPool
  ) {
    let blocks = Int(o.w.pointee.blocks)
    let perTask = sums == nil ? 1 : (blocks + chunks - 1) / chunks
    pool.forEach(
      sums == nil ? blocks : chunks, lending: o, sums, perTask, workspace
    ) { task, worker, o, sums, perTask, workspace in
      let blocks = Int(o.w.pointee.blocks)
      let record = sums?.emptyRecord(task)
      for block in min(blocks, task * perTask)..<min(blocks, (task + 1) * perTask) {
        graft_winograd_block(
          o.w, Int32(block), o.source, o.filters, o.target, record,
          workspace.pointer + worker * o.w.pointee.block_count)
      }
    }
  }

  /// All workers share each block, one stage after the other.
  private func runStages(
    _ o: Operands, _ sums: NormMemory?, _ chunks: Int, _ workspace: Slice, _ pool: ThreadPool
  ) {
    let tasks = Int(o.w.pointee.transform_tasks)
    let perTask = sums == nil ? 1 : (tasks + chunks - 1) / chunks
    for block in 0..<Int32(o.w.pointee.blocks) {
      pool.forEach(tasks, lending: o, block, workspace) { task, _, o, block, workspace in
        graft_winograd_transform(o.w, block, Int32(task), o.source, workspace.pointer)
      }
      pool.forEach(
        Int(o.w.pointee.product_tasks), lending: o, block, workspace
      ) { task, _, o, block, workspace in
        graft_winograd_multiply(o.w, block, Int32(task), o.filters, workspace.pointer)
      }
      pool.forEach(
        sums == nil ? tasks : chunks, lending: o, block, sums, tasks, perTask, workspace
      ) { chunk, _, o, block, sums, tasks, perTask, workspace in
        let record = block == 0 ? sums?.emptyRecord(chunk) : sums?.record(chunk)
        for task in min(tasks, chunk * perTask)..<min(tasks, (chunk + 1) * perTask) {
          graft_winograd_store(o.w, block, Int32(task), workspace.pointer, o.target, record)
        }
      }
    }
  }

  private func weightGradient(
    _ c: BackwardContext, _ slot: GradientSlot, input: graft_winograd_source,
    gradient: graft_winograd_source
  ) {
    withUnsafePointer(to: weightTiles) { g in
      withUnsafePointer(to: input) { input in
        withUnsafePointer(to: gradient) { gradient in
          addProducts(g, input, gradient, c.workspace, c.pool)
        }
      }
      c.pool.forEachRange(
        of: Int(g.pointee.forward.in_channels), step: 8, lending: c, slot, g
      ) { channels, _, c, slot, g in
        graft_winograd_gradient_filters(
          g, Int32(channels.lowerBound), Int32(channels.upperBound), c.workspace.pointer,
          slot.slice.pointer, slot.flag)
      }
    }
  }

  /// The sums of products of transformed tiles, at the start of the workspace.
  private func addProducts(
    _ g: UnsafePointer<graft_winograd_gradient>, _ input: UnsafePointer<graft_winograd_source>,
    _ gradient: UnsafePointer<graft_winograd_source>, _ workspace: Slice, _ pool: ThreadPool
  ) {
    let sums = workspace.pointer
    let scratch = sums + g.pointee.sum_count * Int(g.pointee.chunks)
    guard g.pointee.is_staged != 0 else {
      return pool.forEach(
        Int(g.pointee.chunks), lending: g, input, gradient, sums, scratch
      ) { chunk, worker, g, input, gradient, sums, scratch in
        graft_winograd_gradient_chunk(
          g, Int32(chunk), input, gradient, sums, scratch + worker * g.pointee.block_count)
      }
    }
    for block in 0..<g.pointee.blocks {
      pool.forEach(
        Int(g.pointee.transform_tasks), lending: g, block, input, gradient, scratch
      ) { task, _, g, block, input, gradient, scratch in
        graft_winograd_gradient_transform(g, block, Int32(task), input, gradient, scratch)
      }
      pool.forEach(
        Int(g.pointee.product_tasks), lending: g, block, scratch, sums
      ) { task, _, g, block, scratch, sums in
        graft_winograd_gradient_multiply(g, block, Int32(task), scratch, sums)
      }
    }
  }
}
