import Foundation
import GraftKernels

extension Image {
  /// Convolves with a Gaussian of standard deviation `sigma` pixels, mirrored at the border.
  ///
  /// Separable, cut off at four standard deviations, weights of 14 bits, rounded to bytes after each
  /// axis: within one level of the convolution in real numbers.
  package func blurred(sigma: Double) -> Image {
    let weights = gaussianWeights(sigma: sigma)
    guard weights.count > 1 else { return self }
    return mapped { source, target in
      graft_blur(source, width, height, Int32(channels), weights, weights.count / 2, target)
    }
  }
}

/// Weights proportional to exp(-x^2 / 2 sigma^2), rounded to whole numbers that sum to 2^14; those at
/// the ends are not 0.
private func gaussianWeights(sigma: Double) -> [Int32] {
  let radius = Int(4 * sigma + 0.5)
  let raw = (0...radius).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
  let scale = Double(1 << 14) / (2 * raw.reduce(0, +) - raw[0])
  var half = raw.map { Int32(($0 * scale).rounded()) }
  while half.count > 1, half.last == 0 { half.removeLast() }
  // What rounding lost goes to the middle, where it is the smallest share of a weight.
  half[0] = (1 << 14) - 2 * half.dropFirst().reduce(0, +)
  return half.dropFirst().reversed() + half
}
