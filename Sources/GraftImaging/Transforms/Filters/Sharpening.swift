extension Image {
  /// Blends with a smoothed copy: 0 is smooth, 1 is unchanged, above 1 is sharper.
  ///
  /// The smoothing is the 3x3 kernel [1 1 1; 1 5 1; 1 1 1] / 13; the frame of one pixel is kept.
  func withSharpness(_ factor: Double) -> Image {
    guard factor != 1, width > 2, height > 2 else { return self }
    let row = width * channels
    let step = channels
    let rows = height
    let factor = Float(factor)
    return mapped { source, target in
      target.update(from: source, count: row)
      for y in 1..<(rows - 1) {
        let above = source + (y - 1) * row
        let here = source + y * row
        let below = source + (y + 1) * row
        let out = target + y * row
        for index in 0..<step { out[index] = here[index] }
        for index in step..<(row - step) {
          let upper = Int32(above[index - step]) + Int32(above[index]) + Int32(above[index + step])
          let middle =
            Int32(here[index - step]) + 5 * Int32(here[index]) + Int32(here[index + step])
          let lower = Int32(below[index - step]) + Int32(below[index]) + Int32(below[index + step])
          // The sum over 13, rounded: integers give what Pillow's float32 does, since 13 is odd
          // and no sum lies half-way.
          let smooth = UInt8(truncatingIfNeeded: (2 * (upper + middle + lower) + 13) / 26)
          out[index] = blended(from: smooth, to: here[index], factor: factor)
        }
        for index in (row - step)..<row { out[index] = here[index] }
      }
      (target + (rows - 1) * row).update(from: source + (rows - 1) * row, count: row)
    }
  }
}
