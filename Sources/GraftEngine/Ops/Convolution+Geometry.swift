import GraftKernels

extension ConvolutionOp {
  /// The tap convolutions of one direction: one a group forward; backward one a group and phase.
  func tapLists(_ request: WorkspaceRequest) -> [(group: Int, taps: graft_taps)] {
    let input = request.inputs[0]
    if request.backward == nil {
      return (0..<groups).map { ($0, forwardTaps(input, request.output, group: $0)) }
    }
    return (0..<groups).flatMap { group in
      dataTaps(input, request.output, group: group).map { (group, $0) }
    }
  }

  /// Whether every input pixel is reached by some tap, so that nothing needs to be cleared first.
  var phasesCoverInput: Bool {
    func covers(_ kernel: Int, _ stride: Int, _ dilation: Int) -> Bool {
      Set((0..<kernel).map { $0 * dilation % stride }).count == stride
    }
    return covers(kernel.y, stride.y, dilation.y) && covers(kernel.x, stride.x, dilation.x)
  }

  var isPointwise: Bool { kernel == 1 && stride == 1 && padding == 0 }

  private func forwardTaps(_ x: Shape, _ y: Shape, group: Int, flattens: Bool = true) -> graft_taps
  {
    var taps = graft_taps()
    let flat = isPointwise && flattens
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
    graft_taps_set_window(
      &taps, Int32(kernel.y), Int32(kernel.x), Int32(dilation.y), Int32(dilation.x),
      Int32(padding.y), Int32(padding.x))
    graft_taps_prepare(&taps)
    return taps
  }

  private func dataTaps(_ x: Shape, _ y: Shape, group: Int) -> [graft_taps] {
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

  func weightGradient(_ x: Shape, _ y: Shape, group: Int) -> graft_weight_gradient {
    var gradient = graft_weight_gradient()
    gradient.taps = forwardTaps(x, y, group: group, flattens: false)
    graft_weight_gradient_prepare(&gradient)
    return gradient
  }

  func pointwiseGradient(_ x: Shape) -> graft_pointwise_weights {
    var gradient = graft_pointwise_weights()
    gradient.pixels = Int32(x.batch * x.pixels)
    gradient.in_channels = Int32(x.channels)
    gradient.out_channels = Int32(outputChannels)
    graft_pointwise_weights_prepare(&gradient)
    return gradient
  }
}
