extension PointTable {
  /// Adds to each channel its share of the principal components of ImageNet's colors, times
  /// `weights` (Krizhevsky et al., 2012), rounded to the nearest byte.
  static func lighting(_ weights: [Double]) -> PointTable {
    precondition(weights.count == 3, "one weight a component")
    let eigenvalues = [0.2175, 0.0188, 0.0045]
    let eigenvectors = [
      [-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203],
    ]
    return PointTable(
      joining: eigenvectors.map { row in
        let offset = (0..<3).reduce(0) { $0 + row[$1] * weights[$1] * eigenvalues[$1] } * 255
        return PointTable { UInt8(min(max(Double($0) + offset, 0), 255).rounded()) }
      })
  }
}

extension Image {
  /// The image under light of another color and strength; a gray image has no colors.
  func relit(_ weights: [Double]) -> Image {
    channels == 3 ? applying(.lighting(weights)) : self
  }

  /// The channels in another order: channel i shows `order[i]`; a gray image is unchanged.
  func withChannels(_ order: [Int]) -> Image {
    guard channels == 3, order != [0, 1, 2] else { return self }
    precondition(order.sorted() == [0, 1, 2], "an order of three channels")
    let (red, green, blue) = (order[0], order[1], order[2])
    let count = pixels.count
    return mapped { source, target in
      for index in stride(from: 0, to: count, by: 3) {
        target[index] = source[index + red]
        target[index + 1] = source[index + green]
        target[index + 2] = source[index + blue]
      }
    }
  }
}
