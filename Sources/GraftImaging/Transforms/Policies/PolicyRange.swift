import GraftBase

/// One operation that a policy can draw, and the strengths that it can draw it at.
package struct PolicyRange: Equatable, Sendable {
  package let operation: PolicyOperation
  /// On the scale of the magnitudes, 0...1 for most; an operation that has a direction is as strong
  /// in the other one.
  package let strengths: ClosedRange<Double>
  let magnitudes: PolicyMagnitudes

  /// The operation at up to `count` evenly spaced strengths, from the start of its range to the end.
  ///
  /// One with a direction goes from the strongest in one direction to the strongest in the other.
  /// Equal amounts are there once, so that an operation without a strength is one step. A square is
  /// in the middle of the image.
  func steps(_ count: Int, size: ImageSize, filter: WarpFilter) -> [PolicyStep] {
    let low = magnitudes.isSigned(operation) ? -strengths.upperBound : strengths.lowerBound
    var steps: [PolicyStep] = []
    for index in 0..<count {
      let share = Double(index) / Double(max(count - 1, 1))
      let strength = low + share * (strengths.upperBound - low)
      let amount = magnitudes.amount(
        of: operation, at: abs(strength), isReversed: strength < 0, size: size)
      var step = PolicyStep(operation, amount, filter: filter)
      if operation == .cutout {
        let half = Int(amount)
        step.box = ImageBox(
          x: size.width / 2 - half, y: size.height / 2 - half, width: 2 * half, height: 2 * half)
      }
      if step != steps.last { steps.append(step) }
    }
    return steps
  }
}

/// A transform that draws operations out of a set.
package protocol PolicyTransform: Transform {
  /// What it can draw, each operation once.
  var ranges: [PolicyRange] { get }
  /// How warps read between pixels; where it is drawn, the finest of those that can be.
  var shownFilter: WarpFilter { get }
  /// The color of pixels outside the image.
  var shownFill: FillChoice { get }
}

extension PolicySet {
  /// All operations over the same strengths.
  func ranges(_ strengths: ClosedRange<Double>, _ magnitudes: PolicyMagnitudes) -> [PolicyRange] {
    operations.map {
      PolicyRange(operation: $0, strengths: strengths, magnitudes: magnitudes)
    }
  }
}

extension TimmMagnitude {
  /// The least and the greatest strength that is drawn around `magnitude`; of a normal distribution two
  /// deviations away.
  func strengths(_ magnitude: Double) -> ClosedRange<Double> {
    switch spread {
    case .uniform: return 0...min(magnitude, largest) / 10
    case .normal(let deviation):
      let high = min(magnitude + 2 * deviation, largest)
      return min(max(magnitude - 2 * deviation, 0), high) / 10...high / 10
    }
  }
}
