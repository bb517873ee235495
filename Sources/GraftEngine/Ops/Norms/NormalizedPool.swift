import GraftKernels

/// Max pooling of a batch norm's result, which is never stored: rows are normalized while they are
/// pooled, in both directions; only plans and tests make it.
///
/// Parameters: the norm's four.
package struct NormalizedPoolOp: Op {
  package static let name = "pool"
  package static var examples: [OpExample] {
    [true, false].map { isTraining in
      OpExample(
        NormalizedPoolOp(
          BatchNormOp().activating(.relu6), PoolOp(.max, kernel: 3, stride: 2, padding: 1)),
        inputs: [[2, 9, 8, 18]], parameters: [[18], [18], [18], [18]], isTraining: isTraining,
        normPlace: 0, hasKinks: true)
    }
  }

  private let norm: BatchNormOp
  private let pool: PoolOp
  /// How input and output are stored.
  private let format: NumberFormat

  init(_ norm: BatchNormOp, _ pool: PoolOp, format: NumberFormat = .float32) {
    precondition(pool.kind == .max && !norm.addsResidual, "only the maximum of a plain norm")
    self.norm = norm
    self.pool = pool
    self.format = format
  }

  package func storing(_ formats: OperandFormats, inputs: [Shape]) -> (any Op)? {
    guard formats.areBFloat16, let norm = norm.storing(formats, inputs: inputs) as? BatchNormOp,
      let pool = pool.storing(formats, inputs: inputs) as? PoolOp
    else { return nil }
    return NormalizedPoolOp(norm, pool, format: .bfloat16)
  }

  package func storesGradients(_ needs: GradientNeeds, inputs: [Shape]) -> Bool { true }

  package var details: String { "norm \(norm.details) + \(pool.details)" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    try pool.outputShape(of: inputs)
  }

  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0]) }

  /// The norm's memory, then the positions of the maxima.
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    normCount(inputs[0]) + pool.auxiliaryCount(inputs: inputs, output: output)
  }

  private func normCount(_ x: Shape) -> Int {
    (NormMemory.rowCount(x.channels) + NormMemory.recordCount(x) + 15) / 16 * 16
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    let lines = withUnsafePointer(to: pool.geometry(request.inputs[0], request.output)) {
      graft_norm_max_pool_scratch($0)
    }
    let norm =
      request.backward == nil
      ? auxiliaryCount(
        inputs: request.inputs, output: request.output) : 0
    return norm + lines * request.threads
  }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int { inputs[0].elementCount }

  package func forward(_ c: ForwardContext) {
    let (x, y) = (c.inputShapes[0], c.outputShape)
    let memory = memory(c.auxiliary, c.workspace, x)
    let inputChunks = PixelChunks(x)
    if c.isTraining { norm.addStatistics(of: c.inputs[0], inputChunks, memory, c.pool) }
    norm.fillRows(memory, c.parameters, chunks: c.isTraining ? inputChunks.count : nil)
    let switches =
      c.auxiliary.count > 0 ? c.auxiliary.suffix(from: normCount(x)) : nil
    let scratch = c.workspace.suffix(from: auxiliaryCount(inputs: c.inputShapes, output: y))
    let chunks = PixelChunks(y)
    lend(pool.geometry(x, y)) { shape in
      lend(memory.kernel(norm.activation, format)) { norm in
        c.pool.forEach(
          chunks.count, lending: c, chunks, shape, norm, switches, scratch, format
        ) { chunk, worker, c, chunks, shape, norm, switches, scratch, format in
          let inputCount = c.inputShapes[0].elementCount / c.outputShape.batch
          let outputCount = c.outputShape.elementCount / c.outputShape.batch
          let lines = graft_norm_max_pool_scratch(shape.pointer)
          let (images, rows) = chunks.part(chunk)
          for image in images {
            graft_norm_max_pool(
              shape.pointer, norm.pointer, c.inputs[0].address(image * inputCount, format),
              Int32(rows.lowerBound), Int32(rows.upperBound),
              c.output.address(image * outputCount, format),
              switches.map { $0.pointer.asSwitches + image * outputCount },
              scratch.pointer + worker * lines)
          }
        }
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    let (x, y) = (c.inputShapes[0], c.outputShape)
    let memory = memory(c.auxiliary, c.workspace, x)
    let chunks = PixelChunks(x)
    let switches = c.auxiliary.suffix(from: normCount(x))
    lend(pool.geometry(x, y)) { shape in
      lend(memory.kernel(norm.activation, format)) { norm in
        /// One pass over the input: sums where `gradient` is nil, else the gradient.
        func pass(_ gradient: GradientSlot?) {
          c.pool.forEach(
            chunks.count, lending: c, gradient, chunks, memory, shape, norm, switches, format
          ) { chunk, worker, c, gradient, chunks, memory, shape, norm, switches, format in
            let inputCount = c.inputShapes[0].elementCount / c.outputShape.batch
            let outputCount = c.outputShape.elementCount / c.outputShape.batch
            let lines = graft_norm_max_pool_scratch(shape.pointer)
            let (images, rows) = chunks.part(chunk)
            let record = gradient == nil ? memory.emptyRecord(chunk) : nil
            for image in images {
              graft_norm_max_pool_gradient(
                shape.pointer, norm.pointer, c.inputs[0].address(image * inputCount, format),
                c.outputGradient.address(image * outputCount, format),
                switches.pointer.asSwitches + image * outputCount,
                Int32(rows.lowerBound), Int32(rows.upperBound), record, gradient?.flag ?? 0,
                gradient.map { $0.slice.address(image * inputCount, format) },
                c.workspace.pointer + worker * lines)
            }
          }
        }
        pass(nil)
        self.norm.fillGradientRows(
          memory, chunks: chunks.count, pixels: x.elementCount / x.channels,
          isTraining: c.isTraining, c.parameterGradients)
        if let slot = c.inputGradients[0] { pass(slot) }
      }
    }
  }

  /// Where backward keeps nothing, forward's memory is borrowed.
  private func memory(_ auxiliary: Slice, _ workspace: Slice, _ x: Shape) -> NormMemory {
    NormMemory((auxiliary.count > 0 ? auxiliary : workspace).part(0, count: normCount(x)), shape: x)
  }
}
