import Foundation

extension Image {
  /// Convolves with a Gaussian of standard deviation `sigma` pixels, mirrored at the border.
  ///
  /// Separable, cut off at four standard deviations, float32 until one rounding at the end.
  package func blurred(sigma: Double) -> Image {
    let radius = Int(4 * sigma + 0.5)
    guard radius > 0 else { return self }
    let weights = gaussianWeights(sigma: sigma, radius: radius)
    let rowLength = width * channels
    var spread = [Float](repeating: 0, count: rowLength * height)
    spread.withUnsafeMutableBufferPointer { spread in
      guard let spread = spread.baseAddress else { return }
      blurRows(weights, into: spread)
    }
    return spread.withUnsafeBufferPointer { spread in
      Image.drawn(width: width, height: height, channels: channels) { target in
        guard let from = spread.baseAddress, let to = target.baseAddress else { return }
        blurColumns(from, rowLength, height, weights, into: to)
      }
    }
  }

  /// The horizontal pass: a mirrored copy of each row, then one multiply-add per weight.
  private func blurRows(_ weights: [Float], into spread: UnsafeMutablePointer<Float>) {
    let radius = weights.count / 2
    let (rowLength, step) = (width * channels, channels)
    let margin = (-radius..<(width + radius)).map { mirrored($0, width) * step }
    var padded = [Float](repeating: 0, count: margin.count * step)
    pixels.withUnsafeBufferPointer { pixels in
      padded.withUnsafeMutableBufferPointer { padded in
        for y in 0..<height {
          for (index, column) in margin.enumerated() {
            for channel in 0..<step {
              padded[index * step + channel] = Float(pixels[y * rowLength + column + channel])
            }
          }
          let out = spread + y * rowLength
          for (tap, weight) in weights.enumerated() {
            for index in 0..<rowLength { out[index] += weight * padded[tap * step + index] }
          }
        }
      }
    }
  }
}

/// The vertical pass, rounded to bytes.
private func blurColumns(
  _ spread: UnsafePointer<Float>, _ rowLength: Int, _ height: Int, _ weights: [Float],
  into target: UnsafeMutablePointer<UInt8>
) {
  let radius = weights.count / 2
  var sums = [Float](repeating: 0, count: rowLength)
  sums.withUnsafeMutableBufferPointer { sums in
    for y in 0..<height {
      for index in 0..<rowLength { sums[index] = 0.5 }
      for (tap, weight) in weights.enumerated() {
        let row = spread + mirrored(y + tap - radius, height) * rowLength
        for index in 0..<rowLength { sums[index] += weight * row[index] }
      }
      let out = target + y * rowLength
      for index in 0..<rowLength { out[index] = UInt8(min(sums[index], 255)) }
    }
  }
}

/// Weights proportional to exp(-x^2 / 2 sigma^2) that sum to 1.
private func gaussianWeights(sigma: Double, radius: Int) -> [Float] {
  let raw = (-radius...radius).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
  let sum = raw.reduce(0, +)
  return raw.map { Float($0 / sum) }
}

/// The index inside 0..<count that a mirror at the middle of the edge pixels shows.
private func mirrored(_ index: Int, _ count: Int) -> Int {
  guard count > 1 else { return 0 }
  let period = 2 * (count - 1)
  let folded = ((index % period) + period) % period
  return min(folded, period - folded)
}
