import GraftBase
import GraftKernels

/// The transpose of a convolution, which gives more pixels than it takes (Zeiler, 2010):
/// [N, H, W, I] with weights [KH, KW, O / groups, I] -> [N, H', W', O],
/// H' = (H - 1)·S - 2P + D·(KH - 1) + output padding + 1.
///
/// Parameters: weight, then bias if `hasBias`. Torch's `ConvTranspose2d` has the weight as
/// [I, O / groups, KH, KW]. Forward is a convolution's data gradient, and the other way round.
package struct TransposedConvolutionOp: Op {
  package static let name = "transposed convolution"
  package static var examples: [OpExample] {
    func example(
      _ input: Shape, to outputs: Int, kernel: Pair, stride: Pair = 1, padding: Pair = 0,
      outputPadding: Pair = 0, dilation: Pair = 1, groups: Int = 1, hasBias: Bool = true
    ) -> OpExample {
      let weight: Shape = [kernel.y, kernel.x, outputs / groups, input.channels]
      return OpExample(
        TransposedConvolutionOp(
          inputChannels: input.channels, outputChannels: outputs, kernel: kernel, stride: stride,
          padding: padding, outputPadding: outputPadding, dilation: dilation, groups: groups,
          hasBias: hasBias), inputs: [input], parameters: hasBias ? [weight, [outputs]] : [weight])
    }
    return [
      example([2, 3, 4, 5], to: 3, kernel: 2, stride: 2),
      example([1, 4, 3, 3], to: 4, kernel: 3, stride: 2, padding: 1, outputPadding: 1),
      example([1, 3, 3, 4], to: 6, kernel: Pair(4, 3), stride: Pair(2, 3), groups: 2),
      example([1, 4, 5, 3], to: 2, kernel: 3, dilation: 2, hasBias: false),
      example([1, 6, 6, 18], to: 17, kernel: 3, padding: 1),
      example([1, 2, 3, 2], to: 2, kernel: 1, stride: 2, outputPadding: 1),
      example([1, 4, 4, 6], to: 6, kernel: 4, stride: 2, padding: 1, groups: 6),
    ]
  }

  package let outputChannels: Int
  package let outputPadding: Pair
  package let hasBias: Bool
  /// From the larger map to the smaller.
  private var transpose: ConvolutionOp

  package init(
    inputChannels: Int, outputChannels: Int, kernel: Pair, stride: Pair = 1, padding: Pair = 0,
    outputPadding: Pair = 0, dilation: Pair = 1, groups: Int = 1, hasBias: Bool
  ) {
    self.outputChannels = outputChannels
    self.outputPadding = outputPadding
    self.hasBias = hasBias
    transpose = ConvolutionOp(
      outputChannels: inputChannels, kernel: kernel, stride: stride, padding: padding,
      dilation: dilation, groups: groups, hasBias: false)
  }

  package var kernel: Pair { transpose.kernel }
  package var stride: Pair { transpose.stride }
  package var dilation: Pair { transpose.dilation }
  package var padding: Pair { transpose.padding }
  package var groups: Int { transpose.groups }

  package var details: String {
    transpose.details + (outputPadding == 0 ? "" : " output padding \(outputPadding)")
  }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard x.rank == 4, x.channels == transpose.outputChannels,
      outputChannels % transpose.groups == 0
    else {
      throw GraftError(
        .failed,
        "a transposed convolution of \(transpose.outputChannels) to \(outputChannels) channels "
          + "in \(transpose.groups) groups cannot take \(x)")
    }
    guard outputPadding.y < max(stride.y, dilation.y), outputPadding.x < max(stride.x, dilation.x)
    else {
      throw GraftError(
        .failed, "an output padding of \(outputPadding) must be below the stride, \(stride)")
    }
    func side(_ side: Int, _ pad: Int, _ stride: Int, _ reach: Int, _ extra: Int) -> Int {
      (side - 1) * stride - 2 * pad + reach + extra + 1
    }
    let height = side(
      x[1], transpose.padding.y, stride.y, dilation.y * (kernel.y - 1), outputPadding.y)
    let width = side(
      x[2], transpose.padding.x, stride.x, dilation.x * (kernel.x - 1), outputPadding.x)
    guard min(height, width) > 0, max(height, width) <= 1 << 15 else {
      throw GraftError(.failed, "a transposed convolution has no output for \(x)")
    }
    return [x[0], height, width, outputChannels]
  }

  package func retention(_ needs: GradientNeeds) -> Retention {
    Retention(inputs: needs.parameters.first == true ? [0] : [])
  }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int {
    inputs[0].elementCount * kernel.y * kernel.x * outputChannels / transpose.groups
  }

  package func fitted(inputs: [Shape], output: Shape) -> TransposedConvolutionOp {
    var fitted = self
    fitted.transpose = transpose.fitted(inputs: [output], output: inputs[0])
    return fitted
  }

  // MARK: Requests to the convolution

  private static let dataOnly = GradientNeeds(
    inputs: [true], parameters: [false], isTraining: false)
  private static let weightOnly = GradientNeeds(
    inputs: [false], parameters: [true], isTraining: false)

  private func transposed(
    _ request: WorkspaceRequest, _ backward: GradientNeeds?
  ) -> WorkspaceRequest {
    WorkspaceRequest(
      inputs: [request.output], output: request.inputs[0], threads: request.threads,
      backward: backward)
  }

  package func preparedCount(_ request: WorkspaceRequest) -> Int {
    guard let needs = request.backward else {
      return transpose.preparedCount(transposed(request, Self.dataOnly))
    }
    return needs.inputs[0] ? transpose.preparedCount(transposed(request, nil)) : 0
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    guard let needs = request.backward else {
      return transpose.workspaceCount(transposed(request, Self.dataOnly))
    }
    // The data gradient is computed apart, since a convolution's result cannot be added to another.
    let data =
      needs.inputs[0]
      ? transpose.workspaceCount(transposed(request, nil)) + request.inputs[0].elementCount
        + bufferSlack : 0
    let weight =
      needs.parameters[0] ? transpose.workspaceCount(transposed(request, Self.weightOnly)) : 0
    return max(data, weight, Self.biasChunks(request.output) * outputChannels + bufferSlack)
  }

  package func preparation(_ request: WorkspaceRequest) -> WorkspaceRequest {
    transposed(request, request.backward == nil ? Self.dataOnly : nil)
  }

  package func prepare(_ c: PrepareContext) { transpose.prepare(c) }

  // MARK: Running

  package func calls(in c: ForwardContext) -> [OpCall] {
    [
      .backward(
        BackwardContext(
          outputGradient: c.inputs[0], inputs: [c.output], inputShapes: [c.outputShape],
          output: c.inputs[0], outputShape: c.inputShapes[0], parameters: c.parameters,
          auxiliary: c.auxiliary, workspace: c.workspace, prepared: c.prepared,
          inputGradients: [GradientSlot(c.output, accumulates: false)], parameterGradients: [nil],
          isTraining: c.isTraining, random: c.random, pool: c.pool))
    ]
  }

  package func forward(_ c: ForwardContext) {
    for call in c.calls ?? calls(in: c) { call.run(transpose) }
    guard hasBias else { return }
    c.pool.forEachRange(
      of: c.outputShape.allPixels, step: 512, lending: c, outputChannels
    ) { pixels, _, c, channels in
      for pixel in pixels {
        let y = c.output.pointer + pixel * channels
        graft_add(y, c.parameters[1].pointer, channels, y)
      }
    }
  }

  package func calls(in c: BackwardContext) -> [OpCall] {
    var calls: [OpCall] = []
    if let slot = c.parameterGradients[0] {
      calls.append(
        .backward(
          BackwardContext(
            outputGradient: c.inputs[0], inputs: [c.outputGradient], inputShapes: [c.outputShape],
            output: c.inputs[0], outputShape: c.inputShapes[0], parameters: c.parameters,
            auxiliary: c.auxiliary, workspace: c.workspace, prepared: c.prepared,
            inputGradients: [nil], parameterGradients: [slot], isTraining: c.isTraining,
            random: c.random, pool: c.pool)))
    }
    if let slot = c.inputGradients[0] {
      let count = slot.slice.count
      calls.append(
        .forward(
          ForwardContext(
            inputs: [c.outputGradient], inputShapes: [c.outputShape], parameters: c.parameters,
            output: slot.accumulates ? apart(c, count) : slot.slice,
            outputShape: c.inputShapes[0], auxiliary: c.auxiliary,
            workspace: c.workspace.part(
              count + bufferSlack, count: c.workspace.count - count - bufferSlack),
            prepared: c.prepared, isTraining: c.isTraining, random: c.random, pool: c.pool)))
    }
    return calls
  }

  /// The data gradient that is still to be added to another.
  private func apart(_ c: BackwardContext, _ count: Int) -> Slice {
    c.workspace.part(0, count: count)
  }

  package func backward(_ c: BackwardContext) {
    for call in c.calls ?? calls(in: c) { call.run(transpose) }
    if let slot = c.inputGradients[0], slot.accumulates {
      let result = apart(c, slot.slice.count)
      c.pool.forEachRange(of: slot.slice.count, lending: slot, result) { range, _, slot, result in
        graft_copy(
          result.pointer + range.lowerBound, range.count, 1, slot.slice.pointer + range.lowerBound)
      }
    }
    if hasBias, let slot = c.parameterGradients[1] { biasGradient(c, slot) }
  }

  private func biasGradient(_ c: BackwardContext, _ slot: GradientSlot) {
    let chunks = Self.biasChunks(c.outputShape)
    c.pool.forEach(chunks, lending: c, outputChannels) { chunk, _, c, channels in
      let first = chunk * Self.rowsPerBiasChunk
      graft_column_sums(
        c.outputGradient.pointer + first * channels,
        min(Self.rowsPerBiasChunk, c.outputShape.allPixels - first), channels,
        c.workspace.pointer + chunk * channels)
    }
    graft_sum_chunks(
      c.workspace.pointer, Int32(chunks), outputChannels, 0, outputChannels, slot.slice.pointer,
      slot.flag)
  }

  private static let rowsPerBiasChunk = 4096

  private static func biasChunks(_ output: Shape) -> Int {
    (output.allPixels + rowsPerBiasChunk - 1) / rowsPerBiasChunk
  }
}

extension TransposedConvolutionOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    c.add(
      "ConvTranspose", nil,
      [
        ("kernel_shape", .integers([kernel.y, kernel.x])),
        ("strides", .integers([stride.y, stride.x])),
        ("pads", .integers([padding.y, padding.x, padding.y, padding.x])),
        ("output_padding", .integers([outputPadding.y, outputPadding.x])),
        ("dilations", .integers([dilation.y, dilation.x])), ("group", .integer(groups)),
      ])
  }
}
