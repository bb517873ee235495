import GraftBase
import GraftKernels

/// Batch normalization over the last axis (Ioffe and Szegedy, 2015), optionally with what follows:
/// y = activation((x - mean) / sqrt(variance + epsilon) * scale + shift + residual).
///
/// Parameters: scale, shift, running mean, running variance, each [C]. A node in training mode uses
/// the batch's statistics and moves the running ones by `momentum` (variance unbiased, as torch);
/// otherwise the running ones are used and do not change.
package struct BatchNormOp: Op {
  package static let name = "batch norm"
  package static var examples: [OpExample] {
    [true, false].flatMap { isTraining in
      [Activation.linear, .relu, .relu6].flatMap { activation in
        [
          OpExample(
            BatchNormOp().activating(activation), inputs: [[3, 4, 3, 5]],
            parameters: [[5], [5], [5], [5]], isTraining: isTraining, normPlace: 0,
            hasKinks: activation != .linear),
          OpExample(
            BatchNormOp().addingResidual().activating(activation),
            inputs: [[2, 5, 3, 18], [2, 5, 3, 18]], parameters: [[18], [18], [18], [18]],
            isTraining: isTraining, normPlace: 0,
            hasKinks: activation != .linear),
        ]
      }
    }
  }

  package let epsilon: Float
  package let momentum: Float
  package private(set) var activation = Activation.linear
  package private(set) var addsResidual = false
  /// Whether the input's producer adds up the sums of forward and takes the gradient after the
  /// norm.
  private var isSummed = false
  /// How inputs and output are stored.
  private var format = NumberFormat.float32

  package init(epsilon: Float = 1e-5, momentum: Float = 0.1) {
    self.epsilon = epsilon
    self.momentum = momentum
  }

  /// This norm followed by an activation; only plans and tests make it.
  package func activating(_ activation: Activation) -> BatchNormOp {
    var fused = self
    fused.activation = activation
    return fused
  }

  /// This norm with a second input added to its result; only plans and tests make it.
  package func addingResidual() -> BatchNormOp {
    var fused = self
    fused.addsResidual = true
    return fused
  }

  /// This norm where the input's producer adds up the sums of forward and takes the gradient
  /// after the norm; only plans make it.
  func summedBefore() -> BatchNormOp {
    var fused = self
    fused.isSummed = true
    return fused
  }

  package func storing(_ formats: OperandFormats, inputs: [Shape]) -> (any Op)? {
    guard formats.areBFloat16 else { return nil }
    var stored = self
    stored.format = .bfloat16
    return stored
  }

  package func storesGradients(_ needs: GradientNeeds, inputs: [Shape]) -> Bool { true }

  package var details: String {
    [addsResidual ? "+ add" : "", activation == .linear ? "" : "+ \(activation.name)"]
      .filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// The residual's gradient is the output's, where the activation passes.
  package var gradientInPlace: Int? { addsResidual ? 1 : 0 }

  package func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }

  /// The variance of one value is 0, and unbiased it is 0/0.
  package func lacksValues(inputs: [Shape]) -> Bool { inputs[0].allPixels == 1 }

  package func retention(_ needs: GradientNeeds) -> Retention {
    Retention(inputs: [0], output: addsResidual && activation != .linear)
  }

  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    NormMemory.rowCount(output.channels) + (isSummed ? NormMemory.recordCount(output) : 0)
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    isSummed
      ? 0 : NormMemory.rowCount(request.output.channels) + NormMemory.recordCount(request.output)
  }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int { output.elementCount }

  package func forward(_ c: ForwardContext) {
    let memory = memory(c.auxiliary, c.workspace, c.outputShape)
    let chunks = PixelChunks(c.outputShape)
    if c.isTraining && !isSummed {
      addStatistics(of: c.inputs[0], chunks, memory, c.pool)
    }
    fillRows(memory, c.parameters, chunks: c.isTraining ? chunks.count : nil)
    lend(memory.kernel(activation, format)) { norm in
      c.pool.forEach(
        chunks.count, lending: c, chunks, norm, addsResidual, format
      ) { chunk, _, c, chunks, norm, addsResidual, format in
        let channels = c.outputShape.channels
        let pixels = chunks.pixels(chunk)
        let at = pixels.lowerBound * channels
        let (x, y) = (c.inputs[0].address(at, format), c.output.address(at, format))
        if addsResidual {
          graft_norm_apply_residual(
            norm.pointer, x, c.inputs[1].address(at, format), pixels.count, Int32(channels), y)
        } else {
          graft_norm_apply(norm.pointer, x, pixels.count, Int32(channels), y)
        }
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    let memory = memory(c.auxiliary, c.workspace, c.outputShape)
    let chunks = PixelChunks(c.outputShape)
    let needsSums =
      c.isTraining || c.parameterGradients[0] != nil || c.parameterGradients[1] != nil
    // With a residual the gradient is masked where it lies, once for both inputs.
    let rest = addsResidual ? Activation.linear : activation
    lend(memory.kernel(rest, format)) { norm in
      c.pool.forEach(
        chunks.count, lending: self, c, chunks, memory, norm, needsSums
      ) { chunk, _, op, c, chunks, memory, norm, needsSums in
        let channels = memory.channels
        let record = memory.emptyRecord(chunk)
        // Blocks of pixels that stay in cache from one loop to the next.
        chunks.pixels(chunk).forEachPart(of: max(16, 16_384 / channels)) { pixels in
          let at = pixels.lowerBound * channels
          let count = pixels.count * channels
          let dy = c.outputGradient.address(at, op.format)
          if op.addsResidual && op.activation != .linear {
            op.mask(dy, where: c.output.address(at, op.format), count)
          }
          if needsSums {
            graft_norm_gradient_sums(
              norm.pointer, c.inputs[0].address(at, op.format), dy, pixels.count, Int32(channels),
              record)
          }
          if op.addsResidual, let slot = c.inputGradients[1] {
            slot.take(dy, count, at: at, op.format)
          }
        }
      }
      fillGradientRows(
        memory, chunks: chunks.count, pixels: c.outputShape.elementCount / memory.channels,
        isTraining: c.isTraining, c.parameterGradients)
      guard !isSummed, let slot = c.inputGradients[0] else { return }
      c.pool.forEach(
        chunks.count, lending: c, chunks, norm, slot, format
      ) { chunk, _, c, chunks, norm, slot, format in
        let channels = c.outputShape.channels
        let pixels = chunks.pixels(chunk)
        let at = pixels.lowerBound * channels
        graft_norm_data_gradient(
          norm.pointer, c.inputs[0].address(at, format), c.outputGradient.address(at, format),
          pixels.count, Int32(channels), slot.flag, slot.slice.address(at, format))
      }
    }
  }

  /// Zeros a gradient where the activation did not pass what it made `y` from.
  private func mask(
    _ dy: UnsafeMutableRawPointer, where y: UnsafeMutableRawPointer, _ count: Int
  ) {
    if format == .bfloat16 { return graft_rectifier_mask_bf16(y, count, activation.kernel, dy) }
    let dy = dy.assumingMemoryBound(to: Float.self)
    graft_activate_gradient(
      y.assumingMemoryBound(to: Float.self), dy, count, activation.kernel, 0, 0, dy)
  }

  /// Rows live as long as backward needs them, records for one call unless the producer shares them.
  private func memory(_ auxiliary: Slice, _ workspace: Slice, _ shape: Shape) -> NormMemory {
    if isSummed { return NormMemory(auxiliary, shape: shape) }
    let rowCount = NormMemory.rowCount(shape.channels)
    return NormMemory(
      rows: auxiliary.count > 0 ? auxiliary : workspace.part(0, count: rowCount),
      records: workspace.part(rowCount, count: workspace.count - rowCount),
      channels: shape.channels)
  }
}

extension BatchNormOp {
  package var folding: Folding { .norm(FrozenNorm(epsilon: epsilon)) }

  package func export(_ c: inout ExchangeContext) throws -> String {
    precondition(!addsResidual && activation == .linear, "an op of a plan")
    return c.add("BatchNormalization", nil, [("epsilon", .number(epsilon))])
  }
}

// The steps after a norm's sums have been computed, by this op or its producer.
extension BatchNormOp {
  /// One pass over x for the sums of forward.
  func addStatistics(
    of x: Slice, _ chunks: PixelChunks, _ memory: NormMemory, _ pool: ThreadPool
  ) {
    pool.forEach(
      chunks.count, lending: x, chunks, memory, format
    ) { chunk, _, x, chunks, memory, format in
      let pixels = chunks.pixels(chunk)
      graft_norm_sums(
        x.address(pixels.lowerBound * memory.channels, format), format == .bfloat16 ? 1 : 0,
        pixels.count, Int32(memory.channels), memory.emptyRecord(chunk))
    }
  }

  /// Fills scale and offset for forward.
  ///
  /// They come from the records of `chunks`, which also move the running statistics, or, when nil,
  /// from the running statistics. Parameters, from `first` on: scale, shift, running mean, running
  /// variance.
  func fillRows(_ memory: NormMemory, _ parameters: [Slice], from first: Int = 0, chunks: Int?) {
    let (scale, shift) = (parameters[first].pointer, parameters[first + 1].pointer)
    let (runningMean, runningVariance) = (
      parameters[first + 2].pointer, parameters[first + 3].pointer
    )
    if let chunks {
      let count = memory.mergeStatistics(chunks: chunks)
      for i in 0..<memory.channels {
        let (mean, variance) = (memory.batchMean(i), memory.batchVariance(i))
        memory.mean[i] = Float(mean)
        memory.inverse[i] = Float(1 / (variance + Double(epsilon)).squareRoot())
        let unbiased = Float(variance * count / max(1, count - 1))
        runningMean[i] += momentum * (Float(mean) - runningMean[i])
        runningVariance[i] += momentum * (unbiased - runningVariance[i])
      }
    } else {
      for i in 0..<memory.channels {
        memory.mean[i] = runningMean[i]
        memory.inverse[i] = 1 / (runningVariance[i] + epsilon).squareRoot()
      }
    }
    for i in 0..<memory.channels {
      memory.scale[i] = scale[i] * memory.inverse[i]
      memory.offset[i] = shift[i] - memory.mean[i] * memory.scale[i]
    }
  }

  /// The rows that make the input's gradient, and the parameters' gradients, from `first` on, from
  /// the records.
  func fillGradientRows(
    _ memory: NormMemory, chunks: Int, pixels: Int, isTraining: Bool,
    _ gradients: [GradientSlot?], from first: Int = 0
  ) {
    let channels = memory.channels
    let count = Double(pixels)
    let sums = memory.gradientSums(chunks: chunks)
    for i in 0..<channels {
      let (shift, scale) = (sums[i], sums[channels + i])
      gradients[first]?.set(i, Float(scale))
      gradients[first + 1]?.set(i, Float(shift))
      memory.product[i] = 0
      memory.constant[i] = 0
      guard isTraining else { continue }
      // dx = scale/deviation * (g - mean(g) - xhat * mean(g * xhat)), as a·g + b·x + c.
      let a = Double(memory.scale[i])
      let b = -a * scale / count * Double(memory.inverse[i])
      memory.product[i] = Float(b)
      memory.constant[i] = Float(-a * shift / count - b * Double(memory.mean[i]))
    }
  }
}

extension GradientSlot {
  /// Writes or adds `count` numbers that are stored as the gradient is, from its number `start` on.
  func take(
    _ numbers: UnsafeMutableRawPointer, _ count: Int, at start: Int, _ format: NumberFormat
  ) {
    let to = slice.address(start, format)
    if format == .bfloat16 { return graft_copy_bf16(numbers, count, flag, to) }
    graft_copy(
      numbers.assumingMemoryBound(to: Float.self), count, flag,
      to.assumingMemoryBound(to: Float.self))
  }

  /// Writes or adds one entry.
  func set(_ index: Int, _ value: Float) {
    slice.pointer[index] = accumulates ? slice.pointer[index] + value : value
  }
}
