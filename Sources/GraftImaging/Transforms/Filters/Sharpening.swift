extension Image {
  /// Blends with a smoothed copy: 0 is smooth, 1 is unchanged, above 1 is sharper.
  ///
  /// The smoothing is the 3x3 kernel [1 1 1; 1 5 1; 1 1 1] / 13; the frame of one pixel is kept.
  func withSharpness(_ factor: Double) -> Image {
    guard factor != 1, width > 2, height > 2 else { return self }
    let (row, step, rows) = (width * channels, channels, height)
    let table = BlendTable(factor: factor)
    return mapped { source, target in
      target.update(from: source, count: row)
      table.with { blend in
        for y in 1..<(rows - 1) { sharpenRow(source + y * row, target + y * row, row, step, blend) }
      }
      (target + (rows - 1) * row).update(from: source + (rows - 1) * row, count: row)
    }
  }
}

private func sharpenRow(
  _ here: UnsafePointer<UInt8>, _ out: UnsafeMutablePointer<UInt8>, _ row: Int, _ step: Int,
  _ blend: BlendTable.Blend
) {
  let (above, below) = (here - row, here + row)
  out.update(from: here, count: step)
  for index in step..<(row - step) {
    let upper = UInt32(above[index - step]) + UInt32(above[index]) + UInt32(above[index + step])
    let middle = UInt32(here[index - step]) + 5 * UInt32(here[index]) + UInt32(here[index + step])
    let lower = UInt32(below[index - step]) + UInt32(below[index]) + UInt32(below[index + step])
    // The sum over 13, rounded: integers give what Pillow's float32 does, since 13 is odd and no
    // sum lies half-way.
    let smooth = UInt8(truncatingIfNeeded: (2 * (upper + middle + lower) + 13) / 26)
    out[index] = blend(from: smooth, to: here[index])
  }
  (out + row - step).update(from: here + row - step, count: step)
}
