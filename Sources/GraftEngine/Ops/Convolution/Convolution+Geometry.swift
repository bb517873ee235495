import GraftKernels

/// How a convolution is computed for inputs of one shape: everything that depends on shapes alone.
final class ConvolutionGeometry: Sendable {
  enum Algorithm: Sendable {
    case depthwise
    case winograd(Winograd)
    case products(ConvolutionProducts)
  }

  let algorithm: Algorithm

  init(_ op: ConvolutionOp, _ x: Shape, _ y: Shape) {
    if op.isDepthwise(x) {
      algorithm = .depthwise
    } else if Winograd.supports(op, x), !op.isBF16(.forward, x) {
      algorithm = .winograd(Winograd(op, x, y))
    } else {
      algorithm = .products(ConvolutionProducts(op, x, y))
    }
  }
}

/// A convolution as products over lists of taps.
struct ConvolutionProducts: Sendable {
  /// One product of a direction: forward has one a group, the data gradient one a group and phase.
  struct Part: Sendable {
    let group: Int
    let taps: graft_taps
  }

  /// How the weight gradient is split: by pixels, or taps of each group, or tiles where only
  /// the other directions round to bfloat16.
  enum WeightGradient: Sendable {
    case pointwise(graft_pointwise_weights)
    case grouped([graft_weight_gradient])
    case winograd(Winograd)
  }

  let forward, data: [Part]
  let weights: WeightGradient
  /// Whether every input pixel is reached by some tap, so that its gradient needs no clearing first.
  let dataCoversInput: Bool

  init(_ op: ConvolutionOp, _ x: Shape, _ y: Shape) {
    forward = (0..<op.groups).map {
      Part(group: $0, taps: op.windowTaps(x, y, group: $0, for: .forward))
    }
    data = (0..<op.groups).flatMap { group in
      op.dataTaps(x, y, group: group).map { Part(group: group, taps: $0) }
    }
    if Winograd.supports(op, x), !op.isBF16(.weightGradient, x) {
      weights = .winograd(Winograd(op, x, y))
    } else if op.isPointwise && op.groups == 1 && !op.isBF16(.weightGradient, x) {
      weights = .pointwise(op.pointwiseGradient(x))
    } else {
      weights = .grouped((0..<op.groups).map { op.weightGradient(x, y, group: $0) })
    }
    dataCoversInput = op.phasesCoverInput
  }

  func parts(_ request: WorkspaceRequest) -> [Part] {
    guard let needs = request.backward else { return forward }
    return needs.inputs[0] ? data : []
  }

  /// Floats of memory for the weight gradient, if it is needed.
  func weightScratch(_ request: WorkspaceRequest) -> Int {
    guard request.backward?.parameters[0] == true else { return 0 }
    switch weights {
    case .pointwise(let weights):
      return weights.scratch_count * request.threads + Int(weights.chunks) * weights.weight_count
        + bufferSlack
    case .grouped(let groups):
      return groups[0].scratch_count * request.threads
        + Int(groups[0].chunks) * groups[0].weight_count + bufferSlack
    case .winograd(let winograd):
      var weightsAlone = request
      weightsAlone.backward?.inputs[0] = false
      return winograd.workspaceCount(weightsAlone)
    }
  }
}

extension ConvolutionOp {
  fileprivate var phasesCoverInput: Bool {
    func covers(_ kernel: Int, _ stride: Int, _ dilation: Int) -> Bool {
      Set((0..<kernel).map { $0 * dilation % stride }).count == stride
    }
    return covers(kernel.y, stride.y, dilation.y) && covers(kernel.x, stride.x, dilation.x)
  }

  fileprivate var isPointwise: Bool { kernel == 1 && stride == 1 && padding == 0 }

  /// The window's taps, as forward and the weight gradient read them.
  fileprivate func windowTaps(
    _ x: Shape, _ y: Shape, group: Int, for direction: Direction
  ) -> graft_taps {
    var taps = graft_taps()
    let flat = isPointwise && direction == .forward
    taps.batch = flat ? 1 : Int32(x[0])
    taps.in_h = flat ? 1 : Int32(x[1])
    taps.in_w = Int32(flat ? x[0] * x[1] * x[2] : x[2])
    taps.in_channels = Int32(x[3])
    taps.depth = Int32(x[3] / groups)
    taps.in_first = Int32(group) * taps.depth
    taps.out_h = flat ? 1 : Int32(y[1])
    taps.out_w = flat ? taps.in_w : Int32(y[2])
    taps.out_channels = Int32(outputChannels / groups)
    taps.out_origin = group * outputChannels / groups
    taps.out_image = y[1] * y[2] * y[3]
    taps.out_row = y[2] * y[3]
    taps.out_pixel = y[3]
    taps.stride_y = Int32(stride.y)
    taps.stride_x = Int32(stride.x)
    taps.is_bf16 = isBF16(direction, x) ? 1 : 0
    taps.in_bf16 = formats.inputs[0] == .bfloat16 ? 1 : 0
    taps.residual_bf16 = addsResidual && formats.inputs[1] == .bfloat16 ? 1 : 0
    taps.out_bf16 = formats.output == .bfloat16 ? 1 : 0
    graft_taps_set_window(
      &taps, Int32(kernel.y), Int32(kernel.x), Int32(dilation.y), Int32(dilation.x),
      Int32(padding.y), Int32(padding.x))
    graft_taps_prepare(&taps)
    return taps
  }

  fileprivate func dataTaps(_ x: Shape, _ y: Shape, group: Int) -> [graft_taps] {
    var result: [graft_taps] = []
    for phaseY in 0..<min(stride.y, x[1]) {
      for phaseX in 0..<min(stride.x, x[2]) {
        var taps = graft_taps()
        let flat = isPointwise
        taps.batch = flat ? 1 : Int32(y[0])
        taps.in_h = flat ? 1 : Int32(y[1])
        taps.in_w = Int32(flat ? y[0] * y[1] * y[2] : y[2])
        taps.in_channels = Int32(y[3])
        taps.depth = Int32(y[3] / groups)
        taps.in_first = Int32(group) * taps.depth
        taps.out_h = flat ? 1 : Int32((x[1] - phaseY + stride.y - 1) / stride.y)
        taps.out_w = flat ? taps.in_w : Int32((x[2] - phaseX + stride.x - 1) / stride.x)
        taps.out_channels = Int32(x[3] / groups)
        taps.out_origin = (phaseY * x[2] + phaseX) * x[3] + group * x[3] / groups
        taps.out_image = x[1] * x[2] * x[3]
        taps.out_row = stride.y * x[2] * x[3]
        taps.out_pixel = stride.x * x[3]
        taps.stride_y = 1
        taps.stride_x = 1
        taps.is_bf16 = isBF16(.dataGradient, x) ? 1 : 0
        taps.in_bf16 = formats.output == .bfloat16 ? 1 : 0
        taps.out_bf16 = formats.inputs[0] == .bfloat16 ? 1 : 0
        taps.residual_bf16 = taps.out_bf16
        graft_taps_set_phase(
          &taps, Int32(phaseY), Int32(phaseX), Int32(stride.y), Int32(stride.x), Int32(kernel.y),
          Int32(kernel.x), Int32(dilation.y), Int32(dilation.x), Int32(padding.y),
          Int32(padding.x))
        guard taps.taps > 0 else { continue }
        graft_taps_prepare(&taps)
        result.append(taps)
      }
    }
    return result
  }

  fileprivate func weightGradient(_ x: Shape, _ y: Shape, group: Int) -> graft_weight_gradient {
    var gradient = graft_weight_gradient()
    gradient.taps = windowTaps(x, y, group: group, for: .weightGradient)
    graft_weight_gradient_prepare(&gradient)
    return gradient
  }

  fileprivate func pointwiseGradient(_ x: Shape) -> graft_pointwise_weights {
    var gradient = graft_pointwise_weights()
    gradient.pixels = Int32(x.batch * x.pixels)
    gradient.in_channels = Int32(x.channels)
    gradient.out_channels = Int32(outputChannels)
    graft_pointwise_weights_prepare(&gradient)
    return gradient
  }
}
