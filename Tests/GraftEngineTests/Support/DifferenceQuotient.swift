/// The derivative of a function by central differences, with an estimate of its error.
///
/// One step cannot serve float32: a small one drowns in rounding, a large one in curvature.
struct DifferenceQuotient {
  private(set) var value = 0.0
  private(set) var error = Double.infinity

  /// Of a smooth function, by Ridders' method (Advances in Engineering Software, 1982): the step is
  /// halved, Neville's scheme extrapolates to step 0, and the value counts whose neighbors in the table
  /// agree best.
  ///
  /// Moves the number at `place`, evaluates `function`, and puts the number back.
  init(ofSmooth function: () -> Double, at place: UnsafeMutablePointer<Float>) {
    var step: Float = 0.125
    var last = [Differences(of: function, at: place, step: step).central]
    for row in 1..<6 {
      step /= 2
      var next = [Differences(of: function, at: place, step: step).central]
      var factor = 4.0
      for column in 1...row {
        next.append((next[column - 1] * factor - last[column - 1]) / (factor - 1))
        let distance = max(
          abs(next[column] - next[column - 1]), abs(next[column] - last[column - 1]))
        if distance < error { (value, error) = (next[column], distance) }
        factor *= 4
      }
      // Rounding has taken over.
      if abs(next[row] - last[row - 1]) >= 2 * error { break }
      last = next
    }
  }

  /// Of a function with kinks, by the step whose differences to both sides agree best.
  ///
  /// If there is a kink within a step, they do not agree. Where rounding moves them as far as a small
  /// derivative they may agree by chance: another step shows it.
  init(ofKinked function: () -> Double, at place: UnsafeMutablePointer<Float>) {
    var best: Float = 0
    for step in [0x1p-8, 0x1p-9, 0x1p-10, 0x1p-11] as [Float] {
      let differences = Differences(of: function, at: place, step: step)
      let distance = abs(differences.right - differences.left)
      if distance < error { (value, error, best) = (differences.central, distance, step) }
    }
    let other = Differences(of: function, at: place, step: 0.75 * best)
    error = max(error, abs(other.central - value))
  }
}

/// Difference quotients of one step.
private struct Differences {
  let left, right, central: Double

  init(of function: () -> Double, at place: UnsafeMutablePointer<Float>, step: Float) {
    let original = place.pointee
    defer { place.pointee = original }
    func moved(by distance: Float) -> (at: Double, value: Double) {
      place.pointee = original + distance
      return (Double(place.pointee), function())
    }
    let (below, middle, above) = (moved(by: -step), moved(by: 0), moved(by: step))
    left = (middle.value - below.value) / (middle.at - below.at)
    right = (above.value - middle.value) / (above.at - middle.at)
    central = (above.value - below.value) / (above.at - below.at)
  }
}

/// How far an entry of a gradient may be from its difference quotient: by its own size.
struct GradientTolerance {
  private static let relative = 0.01
  /// Entries below this share of the largest are judged as if they were this large.
  private static let leastShare = 0.05
  /// The same for gradients that are all near zero, where float32 rounds the loss.
  private static let least = 2e-3

  private let floor: Double

  init(_ gradient: [Float]) {
    let largest = gradient.reduce(0) { max($0, abs(Double($1))) }
    floor = max(Self.leastShare * largest, Self.least)
  }

  func allowed(_ entry: Double) -> Double { Self.relative * max(abs(entry), floor) }
}
