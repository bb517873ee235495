import GraftKernels

/// Pillow's luma: ITU-R 601 weights in 16 fractional bits, rounded.
@inline(__always)
func luma(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
  let weighted = UInt32(red) * 19595 + UInt32(green) * 38470 + UInt32(blue) * 7471
  return UInt8(truncatingIfNeeded: (weighted + 0x8000) >> 16)
}

extension Image {
  /// The mean luma rounded half up: the gray that contrast pivots on.
  var meanLuma: UInt8 {
    let count = width * height
    let sum = pixels.withUnsafeBufferPointer { pixels in
      channels == 3
        ? graft_luma_sum(pixels.baseAddress, count)
        : pixels.reduce(UInt64(0)) { $0 + UInt64($1) }
    }
    return UInt8(Double(sum) / Double(count) + 0.5)
  }

  /// The image's luma in every channel; a gray image is unchanged.
  func grayscaled() -> Image {
    guard channels == 3 else { return self }
    return mapped { source, target in graft_grayscale(source, width * height, target) }
  }
}
