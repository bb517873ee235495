import GraftKernels

/// A 1×1 convolution as products of blocks of pixels that stay in cache: what is done to a block as
/// it is loaded or after it is stored costs no memory traffic.
final class Pointwise: Sendable {
  private let inputs, outputs: Int
  private let chunks: PixelChunks
  /// Pixels a block.
  private let step: Int
  /// Forward and data gradient over a whole block.
  private let forwardBlock, dataBlock: graft_taps

  init(_ input: Shape, _ output: Shape) {
    inputs = input.channels
    outputs = output.channels
    chunks = PixelChunks(input)
    step = max(48, min(192, 65_536 / (inputs + outputs) / 24 * 24))
    forwardBlock = Self.forwardTaps(step, from: inputs, to: outputs)
    dataBlock = Self.dataTaps(step, from: outputs, to: inputs)
  }

  /// Forward over a block of pixels.
  private static func forwardTaps(_ pixels: Int, from depth: Int, to width: Int) -> graft_taps {
    var taps = taps(pixels, from: depth, to: width)
    graft_taps_set_window(&taps, 1, 1, 1, 1, 0, 0)
    graft_taps_prepare(&taps)
    return taps
  }

  /// The data gradient over a block of pixels.
  private static func dataTaps(_ pixels: Int, from depth: Int, to width: Int) -> graft_taps {
    var taps = taps(pixels, from: depth, to: width)
    graft_taps_set_phase(&taps, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0)
    graft_taps_prepare(&taps)
    return taps
  }

  private static func taps(_ pixels: Int, from depth: Int, to width: Int) -> graft_taps {
    var taps = graft_taps()
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

  private var blockScratch: Int { step * (inputs + outputs) + 2 * bufferSlack }

  func panelCount(_ request: WorkspaceRequest) -> Int {
    if request.backward?.inputs[0] == false { return 0 }
    return (request.backward == nil ? forwardBlock : dataBlock).panel_count
  }

  func pack(_ c: PrepareContext) {
    guard c.prepared.count > 0 else { return }
    let isForward = c.request.backward == nil
    withUnsafePointer(to: isForward ? forwardBlock : dataBlock) { taps in
      c.pool.forEach(Int(taps.pointee.column_blocks)) { block, _ in
        graft_taps_pack(
          taps, c.parameters[0].pointer, inputs * outputs, isForward ? outputs : 1,
          isForward ? 1 : outputs, nil, c.prepared.pointer, Int32(block))
      }
    }
  }

  func forward(_ c: ForwardContext, norm: UnsafePointer<graft_norm>?, sums: NormMemory?) {
    c.pool.forEach(chunks.count) { chunk, worker in
      let record = sums?.emptyRecord(chunk)
      chunks.pixels(chunk).forEachPart(of: step) { pixels in
        let isWhole = pixels.count == step
        withUnsafePointer(
          to: isWhole ? forwardBlock : Self.forwardTaps(pixels.count, from: inputs, to: outputs)
        ) { taps in
          graft_pointwise_forward(
            taps, c.inputs[0].pointer + pixels.lowerBound * inputs, norm, c.prepared.pointer,
            c.output.pointer + pixels.lowerBound * outputs, record,
            c.workspace.pointer + worker * blockScratch)
        }
      }
    }
  }

  func backward(
    _ c: BackwardContext, inputNorm: UnsafePointer<graft_norm>?,
    outputNorm: UnsafePointer<graft_norm>?, sums: NormMemory?
  ) {
    let weightCount = inputs * outputs
    let weightSlot = c.parameterGradients[0]
    let partials = c.workspace.pointer + c.pool.threadCount * blockScratch
    c.pool.forEach(chunks.count) { chunk, worker in
      let partial = weightSlot.map { _ in partials + chunk * weightCount }
      partial?.update(repeating: 0, count: weightCount)
      var operands = graft_pointwise_operands()
      operands.input_norm = inputNorm
      operands.output_norm = outputNorm
      operands.panels = UnsafePointer(c.prepared.pointer)
      operands.accumulates = c.inputGradients[0]?.flag ?? 0
      operands.sums = sums?.emptyRecord(chunk)
      operands.weight_gradient = partial
      chunks.pixels(chunk).forEachPart(of: step) { pixels in
        let (input, output) = (pixels.lowerBound * inputs, pixels.lowerBound * outputs)
        operands.input = UnsafePointer(c.inputs[0].pointer + input)
        operands.output_gradient = UnsafePointer(c.outputGradient.pointer + output)
        operands.output = UnsafePointer(c.output.pointer + output)
        operands.input_gradient = c.inputGradients[0].map { $0.slice.pointer + input }
        let isWhole = pixels.count == step
        withUnsafePointer(
          to: isWhole ? dataBlock : Self.dataTaps(pixels.count, from: outputs, to: inputs)
        ) { taps in
          graft_pointwise_gradient(taps, &operands, c.workspace.pointer + worker * blockScratch)
        }
      }
    }
    guard let weightSlot else { return }
    c.pool.forEachRange(of: weightCount) { range, _ in
      graft_sum_chunks(
        partials, Int32(chunks.count), weightCount, range.lowerBound, range.upperBound,
        weightSlot.slice.pointer, weightSlot.flag)
    }
  }
}
