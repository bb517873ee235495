import GraftKernels

extension Image {
  /// Blends with black: 0 is black, 1 is unchanged, above 1 is brighter.
  func withBrightness(_ factor: Double) -> Image { applying(.brightness(factor)) }

  /// Blends with the gray of the mean luma: 0 is that gray, 1 is unchanged.
  func withContrast(_ factor: Double) -> Image {
    applying(.blend(from: meanLuma, factor: factor))
  }

  /// Blends each pixel with its own luma: 0 is gray, 1 is unchanged.
  func withSaturation(_ factor: Double) -> Image {
    guard channels == 3, factor != 1 else { return self }
    var blend = graft_blend()
    graft_blend_set(&blend, Float(factor))
    return mapped { source, target in graft_saturate(&blend, source, width * height, target) }
  }
}
