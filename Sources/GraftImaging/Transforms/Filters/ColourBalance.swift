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
    let count = pixels.count
    let table = BlendTable(factor: factor)
    return mapped { source, target in
      table.with { blend in
        for index in stride(from: 0, to: count, by: 3) {
          let gray = luma(source[index], source[index + 1], source[index + 2])
          target[index] = blend(from: gray, to: source[index])
          target[index + 1] = blend(from: gray, to: source[index + 1])
          target[index + 2] = blend(from: gray, to: source[index + 2])
        }
      }
    }
  }
}
