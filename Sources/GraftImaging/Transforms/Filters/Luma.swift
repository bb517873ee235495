/// Pillow's luma: ITU-R 601 weights in 16 fractional bits, rounded.
@inline(__always)
func luma(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
  let weighted = UInt32(red) * 19595 + UInt32(green) * 38470 + UInt32(blue) * 7471
  return UInt8(truncatingIfNeeded: (weighted + 0x8000) >> 16)
}

extension Image {
  /// The mean luma rounded half up: the gray that contrast pivots on.
  var meanLuma: UInt8 {
    let sum = pixels.withUnsafeBufferPointer { pixels in
      var sum = 0
      if channels == 1 {
        for index in 0..<pixels.count { sum += Int(pixels[index]) }
      } else {
        for index in stride(from: 0, to: pixels.count, by: 3) {
          sum += Int(luma(pixels[index], pixels[index + 1], pixels[index + 2]))
        }
      }
      return sum
    }
    return UInt8(Double(sum) / Double(width * height) + 0.5)
  }

  /// The picture's luma in every channel; a gray picture is unchanged.
  func grayscaled() -> Image {
    guard channels == 3 else { return self }
    let count = pixels.count
    return mapped { source, target in
      for index in stride(from: 0, to: count, by: 3) {
        let gray = luma(source[index], source[index + 1], source[index + 2])
        target[index] = gray
        target[index + 1] = gray
        target[index + 2] = gray
      }
    }
  }
}
