import GraftKernels

extension Image {
  /// Blends with a smoothed copy: 0 is smooth, 1 is unchanged, above 1 is sharper.
  ///
  /// The smoothing is the 3x3 kernel [1 1 1; 1 5 1; 1 1 1] / 13; the frame of one pixel is kept.
  func withSharpness(_ factor: Double) -> Image {
    guard factor != 1, width > 2, height > 2 else { return self }
    var blend = graft_blend()
    graft_blend_set(&blend, Float(factor))
    return mapped { source, target in
      graft_sharpen(&blend, source, width, height, Int32(channels), target)
    }
  }
}
