import GraftKernels

/// A 1×1 convolution as products of blocks of pixels that stay in cache: operations on a block as
/// it is loaded or after it is stored costs no memory traffic.
final class Pointwise: Sendable {
  private let inputs, outputs: Int
  /// Whether forward and the data gradient round their factors; the weight gradient never does.
  private let isForwardBF16, isDataBF16: Bool
  private let chunks: PixelChunks
  /// Pixels per block.
  private let step: Int
  /// Forward and data gradient over a whole block.
  private let forwardBlock, dataBlock: graft_taps
  /// Floats that a worker takes for a block.
  private let blockScratch: Int

  init(_ op: ConvolutionOp, _ input: Shape, _ output: Shape) {
    isForwardBF16 = op.isBF16(.forward, input)
    isDataBF16 = op.isBF16(.dataGradient, input)
    inputs = input.channels
    outputs = output.channels
    chunks = PixelChunks(input)
    step = max(48, min(192, 65_536 / (inputs + outputs) / 24 * 24))
    forwardBlock = Self.forwardTaps(step, from: inputs, to: outputs, isBF16: isForwardBF16)
    dataBlock = Self.dataTaps(step, from: outputs, to: inputs, isBF16: isDataBF16)
    let packed = max(forwardBlock.scratch_count, dataBlock.scratch_count)
    blockScratch = step * (inputs + outputs) + 2 * bufferSlack + packed
  }

  private func forwardTaps(_ pixels: Int) -> graft_taps {
    pixels == step
      ? forwardBlock
      : Self.forwardTaps(pixels, from: inputs, to: outputs, isBF16: isForwardBF16)
  }

  private func dataTaps(_ pixels: Int) -> graft_taps {
    pixels == step
      ? dataBlock : Self.dataTaps(pixels, from: outputs, to: inputs, isBF16: isDataBF16)
  }

  /// Forward over a block of pixels.
  private static func forwardTaps(
    _ pixels: Int, from depth: Int, to width: Int, isBF16: Bool
  ) -> graft_taps {
    var taps = taps(pixels, from: depth, to: width, isBF16: isBF16)
    graft_taps_set_window(&taps, 1, 1, 1, 1, 0, 0)
    graft_taps_prepare(&taps)
    return taps.ofOneWorker
  }

  /// The data gradient over a block of pixels.
  private static func dataTaps(
    _ pixels: Int, from depth: Int, to width: Int, isBF16: Bool
  ) -> graft_taps {
    var taps = taps(pixels, from: depth, to: width, isBF16: isBF16)
    graft_taps_set_phase(&taps, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0)
    graft_taps_prepare(&taps)
    return taps.ofOneWorker
  }

  private static func taps(
    _ pixels: Int, from depth: Int, to width: Int, isBF16: Bool
  ) -> graft_taps {
    var taps = graft_taps()
    taps.is_bf16 = isBF16 ? 1 : 0
    taps.batch = 1
    taps.in_h = 1
    taps.in_w = Int32(pixels)
    taps.in_channels = Int32(depth)
    taps.depth = Int32(depth)
    taps.out_h = 1
    taps.out_w = Int32(pixels)
    taps.out_channels = Int32(width)
    taps.out_image = pixels * width
    taps.out_row = pixels * width
    taps.out_pixel = width
    taps.stride_y = 1
    taps.stride_x = 1
    return taps
  }

  func workspaceCount(_ request: WorkspaceRequest) -> Int {
    let block = request.threads * blockScratch
    guard let needs = request.backward, needs.parameters.first == true else { return block }
    return block + chunks.count * inputs * outputs + bufferSlack
  }

  func panelCount(_ request: WorkspaceRequest) -> Int {
    if request.backward?.inputs[0] == false { return 0 }
    return (request.backward == nil ? forwardBlock : dataBlock).panel_count
  }

  func pack(_ c: PrepareContext) {
    guard c.prepared.count > 0 else { return }
    let isForward = c.request.backward == nil
    lend(isForward ? forwardBlock : dataBlock) { taps in
      c.pool.forEach(
        Int(taps.pointer.pointee.column_blocks), lending: self, c, taps, isForward
      ) { block, _, op, c, taps, isForward in
        graft_taps_pack(
          taps.pointer, c.parameters[0].pointer, op.inputs * op.outputs, isForward ? op.outputs : 1,
          isForward ? 1 : op.outputs, nil, c.prepared.pointer, Int32(block))
      }
    }
  }

  func forward(_ c: ForwardContext, norm: Lent<graft_norm>?, sums: NormMemory?) {
    c.pool.forEach(
      chunks.count, lending: self, c, norm, sums
    ) { chunk, worker, op, c, norm, sums in
      let record = sums?.emptyRecord(chunk)
      let all = op.chunks.pixels(chunk)
      all.forEachPart(of: op.step) { pixels in
        withUnsafePointer(to: op.forwardTaps(pixels.count)) { taps in
          graft_pointwise_forward(
            taps, c.inputs[0].pointer + pixels.lowerBound * op.inputs,
            Int32(min(op.step, all.upperBound - pixels.upperBound)), norm?.pointer,
            c.prepared.pointer,
            c.output.pointer + pixels.lowerBound * op.outputs, record,
            c.workspace.pointer + worker * op.blockScratch)
        }
      }
    }
  }

  func backward(
    _ c: BackwardContext, inputNorm: Lent<graft_norm>?, outputNorm: Lent<graft_norm>?,
    sums: NormMemory?
  ) {
    let partials = c.workspace.suffix(from: c.pool.threadCount * blockScratch)
    c.pool.forEach(
      chunks.count, lending: self, c, inputNorm, outputNorm, sums, partials
    ) { chunk, worker, op, c, inputNorm, outputNorm, sums, partials in
      let weightCount = op.inputs * op.outputs
      let partial = c.parameterGradients[0] == nil ? nil : partials.pointer + chunk * weightCount
      partial?.update(repeating: 0, count: weightCount)
      var operands = graft_pointwise_operands()
      operands.input_norm = inputNorm?.pointer
      operands.output_norm = outputNorm?.pointer
      operands.panels = UnsafePointer(c.prepared.pointer)
      operands.accumulates = c.inputGradients[0]?.flag ?? 0
      operands.sums = sums?.emptyRecord(chunk)
      operands.weight_gradient = partial
      let all = op.chunks.pixels(chunk)
      all.forEachPart(of: op.step) { pixels in
        operands.next_pixels = Int32(min(op.step, all.upperBound - pixels.upperBound))
        let (input, output) = (pixels.lowerBound * op.inputs, pixels.lowerBound * op.outputs)
        operands.input = UnsafePointer(c.inputs[0].pointer + input)
        operands.output_gradient = UnsafePointer(c.outputGradient.pointer + output)
        operands.output = UnsafePointer(c.output.pointer + output)
        operands.input_gradient = c.inputGradients[0].map { $0.slice.pointer + input }
        withUnsafePointer(to: op.dataTaps(pixels.count)) { taps in
          graft_pointwise_gradient(taps, &operands, c.workspace.pointer + worker * op.blockScratch)
        }
      }
    }
    if let slot = c.parameterGradients[0] {
      slot.reduce(partials, chunks: Int32(chunks.count), c.pool)
    }
  }
}

extension graft_taps {
  /// The same with all columns in one task: rows that are packed are packed once.
  fileprivate var ofOneWorker: graft_taps {
    var taps = self
    taps.task_count /= column_tasks
    taps.column_tasks = 1
    taps.columns_per_task = column_blocks
    return taps
  }
}
