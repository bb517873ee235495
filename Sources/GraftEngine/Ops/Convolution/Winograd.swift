import GraftKernels

/// A convolution of 3×3 at stride 1 by Winograd's F(4×4, 3×3) (Lavin and Gray, 2016): a quarter of the
/// multiplications for a rounding error of about 1e-6 of the largest value.
///
/// Tiles are cut from their sources one by one, so that norms around the convolution cost no pass
/// over memory: inputs and output gradients pass them as they are loaded, sums are added up as they
/// are stored.
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

  /// Whether tiles of 4×4 outputs are faster for this convolution: a function of shapes alone.
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
    _ c: PrepareContext, scale: [Float]? = nil, filters: Slice
  ) {
    let isForward = c.request.backward == nil
    let weights = c.parameters[0]
    let outputs = Int(forwardTiles.out_channels)
    let slab = Int(forwardTiles.in_channels) * outputs
    let layout =
      isForward
      ? (start: weights, slab: slab, input: outputs, output: 1)
      : (start: weights.suffix(from: 8 * slab), slab: -slab, input: 1, output: outputs)
    lend(isForward ? forwardTiles : dataTiles) { winograd in
      c.pool.forEach(
        Int(winograd.pointer.pointee.filter_tasks), lending: winograd, layout, scale, filters
      ) { task, _, winograd, layout, scale, filters in
        graft_winograd_filters(
          winograd.pointer, layout.start.pointer, layout.slab, layout.input, layout.output,
          scale, filters.pointer, Int32(task))
      }
    }
  }

  // MARK: - Running

  /// What is applied to the output after its convolution, unless a norm reads it.
  struct Epilogue {
    var bias: UnsafePointer<Float>?
    var residual: UnsafePointer<Float>?
    var activation = Activation.linear
  }

  /// `norm` is the input's, `sums` the memory of the norm that reads the output.
  func forward(
    _ c: ForwardContext, filters: Slice, epilogue: Epilogue = Epilogue(),
    norm: Lent<graft_norm>? = nil, sums: NormMemory? = nil
  ) {
    run(
      forwardTiles,
      source: graft_winograd_source(x: c.inputs[0].pointer, z: nil, norm: norm?.pointer),
      target: graft_winograd_target(
        output: c.output.pointer, bias: epilogue.bias, residual: epilogue.residual,
        accumulates: 0, activation: Int32(epilogue.activation.kernel.rawValue), norm: nil, z: nil),
      filters: filters, sums: sums, chunks: outputChunks, c.workspace, c.pool)
  }

  /// Gradients of data, unless only the weights' are asked for, and weights; `sums` gets those of the
  /// input's norm.
  func backward(
    _ c: BackwardContext, weightsOnly: Bool = false, inputNorm: Lent<graft_norm>? = nil,
    outputNorm: Lent<graft_norm>? = nil, sums: NormMemory? = nil
  ) {
    let gradient = graft_winograd_source(
      x: c.outputGradient.pointer, z: outputNorm == nil ? nil : UnsafePointer(c.output.pointer),
      norm: outputNorm?.pointer)
    if !weightsOnly, let slot = c.inputGradients[0] {
      run(
        dataTiles, source: gradient,
        target: graft_winograd_target(
          output: slot.slice.pointer, bias: nil, residual: nil, accumulates: slot.flag,
          activation: 0, norm: inputNorm?.pointer,
          z: inputNorm == nil ? nil : UnsafePointer(c.inputs[0].pointer)),
        filters: c.prepared, sums: sums, chunks: inputChunks, c.workspace, c.pool)
    }
    if let slot = c.parameterGradients[0] {
      let input = graft_winograd_source(
        x: c.inputs[0].pointer, z: nil, norm: inputNorm?.pointer)
      weightGradient(c, slot, input: input, gradient: gradient)
    }
  }

  private func run(
    _ winograd: graft_winograd, source: graft_winograd_source, target: graft_winograd_target,
    filters: Slice, sums: NormMemory?, chunks: Int, _ workspace: Slice, _ pool: ThreadPool
  ) {
    lend(winograd) { w in
      lend(source) { source in
        lend(target) { target in
          let operands = Operands(w: w, source: source, target: target, filters: filters)
          if w.pointer.pointee.is_staged != 0 {
            runStages(operands, sums, chunks, workspace, pool)
          } else {
            runBlocks(operands, sums, chunks, workspace, pool)
          }
        }
      }
    }
  }

  private struct Operands: Sendable {
    let w: Lent<graft_winograd>
    let source: Lent<graft_winograd_source>
    let target: Lent<graft_winograd_target>
    let filters: Slice
  }

  /// Each worker takes blocks from start to end; the sums of a run of blocks share a record.
  private func runBlocks(
    _ o: Operands, _ sums: NormMemory?, _ chunks: Int, _ workspace: Slice, _ pool: ThreadPool
  ) {
    let blocks = Int(o.w.pointer.pointee.blocks)
    let perTask = sums == nil ? 1 : (blocks + chunks - 1) / chunks
    pool.forEach(
      sums == nil ? blocks : chunks, lending: o, sums, perTask, workspace
    ) { task, worker, o, sums, perTask, workspace in
      let blocks = Int(o.w.pointer.pointee.blocks)
      let record = sums?.emptyRecord(task)
      for block in min(blocks, task * perTask)..<min(blocks, (task + 1) * perTask) {
        graft_winograd_block(
          o.w.pointer, Int32(block), o.source.pointer, o.filters.pointer, o.target.pointer, record,
          workspace.pointer + worker * o.w.pointer.pointee.block_count)
      }
    }
  }

  /// All workers share each block, one stage after the other.
  private func runStages(
    _ o: Operands, _ sums: NormMemory?, _ chunks: Int, _ workspace: Slice, _ pool: ThreadPool
  ) {
    let tasks = Int(o.w.pointer.pointee.transform_tasks)
    let perTask = sums == nil ? 1 : (tasks + chunks - 1) / chunks
    for block in 0..<Int32(o.w.pointer.pointee.blocks) {
      pool.forEach(tasks, lending: o, block, workspace) { task, _, o, block, workspace in
        graft_winograd_transform(
          o.w.pointer, block, Int32(task), o.source.pointer, workspace.pointer)
      }
      pool.forEach(
        Int(o.w.pointer.pointee.product_tasks), lending: o, block, workspace
      ) { task, _, o, block, workspace in
        graft_winograd_multiply(
          o.w.pointer, block, Int32(task), o.filters.pointer, workspace.pointer)
      }
      pool.forEach(
        sums == nil ? tasks : chunks, lending: o, block, sums, tasks, perTask, workspace
      ) { chunk, _, o, block, sums, tasks, perTask, workspace in
        let record = block == 0 ? sums?.emptyRecord(chunk) : sums?.record(chunk)
        for task in min(tasks, chunk * perTask)..<min(tasks, (chunk + 1) * perTask) {
          graft_winograd_store(
            o.w.pointer, block, Int32(task), workspace.pointer, o.target.pointer, record)
        }
      }
    }
  }

  private func weightGradient(
    _ c: BackwardContext, _ slot: GradientSlot, input: graft_winograd_source,
    gradient: graft_winograd_source
  ) {
    lend(weightTiles) { g in
      lend(input) { input in
        lend(gradient) { gradient in
          addProducts(g, input, gradient, c.workspace, c.pool)
        }
      }
      c.pool.forEachRange(
        of: Int(g.pointer.pointee.forward.in_channels), step: 8, lending: c, slot, g
      ) { channels, _, c, slot, g in
        graft_winograd_gradient_filters(
          g.pointer, Int32(channels.lowerBound), Int32(channels.upperBound), c.workspace.pointer,
          slot.slice.pointer, slot.flag)
      }
    }
  }

  /// The sums of products of transformed tiles, at the start of the workspace.
  private func addProducts(
    _ g: Lent<graft_winograd_gradient>, _ input: Lent<graft_winograd_source>,
    _ gradient: Lent<graft_winograd_source>, _ sums: Slice, _ pool: ThreadPool
  ) {
    let geometry = g.pointer.pointee
    let scratch = sums.suffix(from: geometry.sum_count * Int(geometry.chunks))
    guard geometry.is_staged != 0 else {
      return pool.forEach(
        Int(geometry.chunks), lending: g, input, gradient, sums, scratch
      ) { chunk, worker, g, input, gradient, sums, scratch in
        graft_winograd_gradient_chunk(
          g.pointer, Int32(chunk), input.pointer, gradient.pointer, sums.pointer,
          scratch.pointer + worker * g.pointer.pointee.block_count)
      }
    }
    for block in 0..<geometry.blocks {
      pool.forEach(
        Int(geometry.transform_tasks), lending: g, block, input, gradient, scratch
      ) { task, _, g, block, input, gradient, scratch in
        graft_winograd_gradient_transform(
          g.pointer, block, Int32(task), input.pointer, gradient.pointer, scratch.pointer)
      }
      pool.forEach(
        Int(geometry.product_tasks), lending: g, block, scratch, sums
      ) { task, _, g, block, scratch, sums in
        graft_winograd_gradient_multiply(
          g.pointer, block, Int32(task), scratch.pointer, sums.pointer)
      }
    }
  }
}
