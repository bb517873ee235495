import GraftKernels

extension Image {
  /// Blends each pixel with its own luma: 0 is gray, 1 is unchanged.
  func withSaturation(_ factor: Double) -> Image {
    guard channels == 3, factor != 1 else { return self }
    var blend = graft_blend()
    graft_blend_set(&blend, Float(factor))
    return mapped { source, target in graft_saturate(&blend, source, width * height, target) }
  }
}
