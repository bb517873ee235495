import GraftBase
import GraftKernels

/// Batch normalisation over the last axis (Ioffe and Szegedy, 2015), optionally with the activation
/// that follows: y = activation((x - mean) / sqrt(variance + epsilon) * scale + shift).
///
/// Parameters: scale, shift, running mean, running variance, each [C]. A node in training mode uses
/// the batch's statistics and moves the running ones by `momentum` (variance unbiased, as torch);
/// otherwise the running ones are used and stay as they are.
package struct BatchNormOp: Op {
  package static let name = "batch norm"
  package static var examples: [OpExample] {
    [true, false].flatMap { isTraining in
      [Activation.linear, .relu, .relu6].map { activation in
        OpExample(
          BatchNormOp().activating(activation), inputs: [[3, 4, 3, 5]],
          parameters: [[5], [5], [5], [5]], isTraining: isTraining)
      }
    }
  }

  package let epsilon: Float
  package let momentum: Float
  package private(set) var activation = Activation.linear

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

  package var details: String { activation == .linear ? "" : "+ \(activation.rawValue)" }

  package var gradientWorksInPlace: Bool { true }

  package func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }
  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0]) }

  /// Six rows of [C]: mean, 1/deviation, scale and offset of forward, two more for backward.
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int { 6 * output.channels }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    let chunks = Self.chunks(request.output).count
    return 4 * chunks * request.output.channels + 6 * request.output.channels + bufferSlack
  }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int { output.elementCount }

  /// A fixed split of the pixels, from the shape alone.
  private static func chunks(_ shape: Shape) -> (count: Int, pixels: Int) {
    let pixels = shape.elementCount / shape.channels
    let perChunk = max(64, (pixels + 31) / 32)
    return ((pixels + perChunk - 1) / perChunk, perChunk)
  }

  package func forward(_ c: ForwardContext) {
    let channels = c.outputShape.channels
    let table = Table(
      c.auxiliary.count > 0 ? c.auxiliary.pointer : c.workspace.pointer, channels: channels)
    if c.isTraining {
      batchStatistics(c, table)
    } else {
      for i in 0..<channels {
        table.mean[i] = c.parameters[2].pointer[i]
        table.inverse[i] = 1 / (c.parameters[3].pointer[i] + epsilon).squareRoot()
      }
    }
    for i in 0..<channels {
      table.scale[i] = c.parameters[0].pointer[i] * table.inverse[i]
      table.offset[i] = c.parameters[1].pointer[i] - table.mean[i] * table.scale[i]
    }
    forEachChunk(c.outputShape, c.pool) { _, first, pixels in
      graft_norm_apply(
        c.inputs[0].pointer + first * channels, table.scale, table.offset, pixels,
        Int32(channels), activation.kernel, c.output.pointer + first * channels)
    }
  }

  private func batchStatistics(_ c: ForwardContext, _ table: Table) {
    let channels = c.outputShape.channels
    let x = c.inputs[0].pointer
    let sums = Sums(c.workspace.pointer + 6 * channels, channels: channels)
    // Sums of differences from the first pixel keep the digits that a large mean would cost.
    forEachChunk(c.outputShape, c.pool) { chunk, first, pixels in
      graft_norm_sums(x + first * channels, x, pixels, Int32(channels), sums.row(chunk))
    }
    let chunks = Self.chunks(c.outputShape).count
    let count = Double(c.outputShape.elementCount / channels)
    for i in 0..<channels {
      let sum = sums.total(i, chunks: chunks)
      let square = sums.total(channels + i, chunks: chunks)
      let variance = max(0, square / count - (sum / count) * (sum / count))
      let mean = Double(x[i]) + sum / count
      table.mean[i] = Float(mean)
      table.inverse[i] = Float(1 / (variance + Double(epsilon)).squareRoot())
      let runningMean = c.parameters[2].pointer
      let runningVariance = c.parameters[3].pointer
      let unbiased = Float(variance * count / max(1, count - 1))
      runningMean[i] += momentum * (Float(mean) - runningMean[i])
      runningVariance[i] += momentum * (unbiased - runningVariance[i])
    }
  }

  package func backward(_ c: BackwardContext) {
    let channels = c.outputShape.channels
    let table = Table(c.auxiliary.pointer, channels: channels)
    let x = c.inputs[0].pointer
    let dy = c.outputGradient.pointer
    let needsSums =
      c.parameterGradients[0] != nil || c.parameterGradients[1] != nil || c.isTraining
    let sums = Sums(c.workspace.pointer + 6 * channels, channels: channels)
    if needsSums {
      forEachChunk(c.outputShape, c.pool) { chunk, first, pixels in
        graft_norm_gradient_sums(
          x + first * channels, dy + first * channels, table.scale, table.offset, table.mean,
          table.inverse, pixels, Int32(channels), activation.kernel, sums.row(chunk))
      }
    }
    let chunks = Self.chunks(c.outputShape).count
    let count = Double(c.outputShape.elementCount / channels)
    for i in 0..<channels {
      table.product[i] = 0
      table.constant[i] = 0
      guard needsSums else { continue }
      let shift = sums.total(i, chunks: chunks)
      let scale = sums.total(channels + i, chunks: chunks)
      c.parameterGradients[0]?.set(i, Float(scale))
      c.parameterGradients[1]?.set(i, Float(shift))
      guard c.isTraining else { continue }
      // dx = scale/deviation * (g - mean(g) - xhat * mean(g * xhat)), as a·g + b·x + c.
      let a = Double(table.scale[i])
      let b = -a * scale / count * Double(table.inverse[i])
      table.product[i] = Float(b)
      table.constant[i] = Float(-a * shift / count - b * Double(table.mean[i]))
    }
    guard let slot = c.inputGradients[0] else { return }
    forEachChunk(c.outputShape, c.pool) { _, first, pixels in
      let at = first * channels
      graft_norm_data_gradient(
        x + at, dy + at, table.scale, table.offset, table.scale, table.product, table.constant,
        pixels, Int32(channels), activation.kernel, slot.flag, slot.slice.pointer + at)
    }
  }

  private func forEachChunk(
    _ shape: Shape, _ pool: ThreadPool, _ body: (_ chunk: Int, _ first: Int, _ pixels: Int) -> Void
  ) {
    let total = shape.elementCount / shape.channels
    let chunks = Self.chunks(shape)
    pool.forEach(chunks.count) { chunk, _ in
      let first = chunk * chunks.pixels
      body(chunk, first, min(chunks.pixels, total - first))
    }
  }

  /// Six rows of [C].
  private struct Table: @unchecked Sendable {
    let mean, inverse, scale, offset, product, constant: UnsafeMutablePointer<Float>

    init(_ start: UnsafeMutablePointer<Float>, channels: Int) {
      mean = start
      inverse = start + channels
      scale = start + 2 * channels
      offset = start + 3 * channels
      product = start + 4 * channels
      constant = start + 5 * channels
    }
  }

  /// Two rows of [C] in double for each chunk.
  private struct Sums: @unchecked Sendable {
    let start: UnsafeMutablePointer<Double>
    let width: Int

    init(_ scratch: UnsafeMutablePointer<Float>, channels: Int) {
      let address = (UInt(bitPattern: scratch) + 7) & ~7
      start = UnsafeMutableRawPointer(scratch)
        .advanced(by: Int(address - UInt(bitPattern: scratch)))
        .assumingMemoryBound(to: Double.self)
      width = 2 * channels
    }

    func row(_ chunk: Int) -> UnsafeMutablePointer<Double> { start + chunk * width }

    /// The chunks' sums added in order.
    func total(_ column: Int, chunks: Int) -> Double {
      (0..<chunks).reduce(0) { $0 + start[$1 * width + column] }
    }
  }
}

extension GradientSlot {
  /// Writes or adds one entry.
  func set(_ index: Int, _ value: Float) {
    slice.pointer[index] = accumulates ? slice.pointer[index] + value : value
  }
}
