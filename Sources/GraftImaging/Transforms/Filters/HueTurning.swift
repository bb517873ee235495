import GraftKernels

extension Image {
  /// Turns the hue by a share of the circle, -0.5...0.5, in Pillow's 8-bit HSV.
  func withHueTurned(by share: Double) -> Image {
    guard channels == 3 else { return self }
    let turn = UInt8(truncatingIfNeeded: Int(share * 255))
    return mapped { source, target in graft_shift_hue(source, width * height, turn, target) }
  }

  /// The same in float32, rounded to bytes once: torchvision's tensors to a level.
  func withHueTurnedFinely(by share: Double) -> Image {
    guard channels == 3 else { return self }
    return mapped { source, target in
      graft_shift_hue_float(source, width * height, Float(share), target)
    }
  }
}
