import Foundation

extension RandomStream {
  /// A draw from the standard normal distribution (Box and Muller, 1958).
  package mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// A draw from the gamma distribution with the given shape and scale 1 (Marsaglia and Tsang, 2000).
  package mutating func gamma(shape: Double) -> Double {
    guard shape >= 1 else {
      return gamma(shape: shape + 1) * pow(1 - uniform(), 1 / shape)
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let v = pow(1 + c * x, 3)
      if v > 0, log(1 - uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
    }
  }

  /// The logarithm of a gamma draw, which small shapes would let vanish.
  private mutating func logGamma(shape: Double) -> Double {
    guard shape < 1 else { return log(gamma(shape: shape)) }
    return log(gamma(shape: shape + 1)) + log(1 - uniform()) / shape
  }

  /// A draw from the Dirichlet distribution: shares that add up to 1.
  package mutating func dirichlet(_ shapes: [Double]) -> [Double] {
    let logs = shapes.map { logGamma(shape: $0) }
    let largest = logs.max() ?? 0
    let parts = logs.map { exp($0 - largest) }
    let sum = parts.reduce(0, +)
    return parts.map { $0 / sum }
  }

  /// A draw from the beta distribution.
  package mutating func beta(_ a: Double, _ b: Double) -> Double { dirichlet([a, b])[0] }

  /// An index drawn with probability proportional to its weight; one weight is positive at least.
  package mutating func index(weights: [Double]) -> Int {
    var rest = uniform() * weights.reduce(0, +)
    for (index, weight) in weights.enumerated() where weight > 0 {
      if rest < weight { return index }
      rest -= weight
    }
    // Rounding may leave a rest after the last one.
    return weights.lastIndex { $0 > 0 } ?? 0
  }
}
