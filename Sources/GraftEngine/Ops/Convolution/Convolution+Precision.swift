extension ConvolutionOp {
  /// One of the three products of a convolution.
  enum Direction { case forward, dataGradient, weightGradient }

  /// Whether a direction rounds its factors to bfloat16.
  ///
  /// It does where that was measured to be at least 1.4× as fast (Benchmarks/bf16.md). Rounding
  /// costs a pass over the factors, so products must be deep. All convolutions that Winograd's
  /// algorithm takes are, both ways: forward and the data gradient leave it together, the weight
  /// gradient stays.
  func isBF16(_ direction: Direction, _ x: Shape) -> Bool {
    guard precision == .bf16, groups == 1 else { return false }
    let taps = kernel.y * kernel.x
    func isDeep(_ depth: Int, width: Int) -> Bool {
      width >= 16 && taps * depth >= (taps == 1 ? 32 : 27)
    }
    switch direction {
    // Without rounding as a pass of its own, what half fills an instruction gains too.
    case .forward where !formats.areFloat32:
      return taps * x.channels >= 8 && outputChannels >= 8
    case .dataGradient where !formats.areFloat32:
      return taps * outputChannels >= 8 && x.channels >= 8
    case .weightGradient where !formats.areFloat32: return true
    case .forward: return isDeep(x.channels, width: outputChannels)
    case .dataGradient: return isDeep(outputChannels, width: x.channels)
    case .weightGradient:
      return !Winograd.supports(self, x) && x.pixels >= 16 && min(x.channels, outputChannels) >= 24
        && max(x.channels, outputChannels) >= 64 && x.channels >= 32
    }
  }

  package func computed(in precision: Precision) -> ConvolutionOp {
    var op = self
    op.precision = precision
    return op
  }

  package func forwardPrecision(inputs: [Shape]) -> Precision {
    isBF16(.forward, inputs[0]) ? .bf16 : .fp32
  }
}
