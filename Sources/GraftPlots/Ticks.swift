import Foundation

/// Where the ticks of an axis are.
package enum Ticks {
  /// Multiples of 1, 2 or 5 times a power of ten inside the range, at most `count`.
  package static func linear(_ range: ClosedRange<Double>, most count: Int, isWhole: Bool = false)
    -> (
      values: [Double], step: Double
    )
  {
    let step = step(of: range, most: count, isWhole: isWhole)
    return (multiples(of: step, in: range), step)
  }

  /// The smallest step with at most `count` ticks in the range.
  package static func step(
    of range: ClosedRange<Double>, most count: Int, isWhole: Bool = false
  ) -> Double {
    let span = range.upperBound - range.lowerBound
    guard span > 0, span.isFinite, count > 0 else { return 1 }
    var exponent = Int(log10(span / Double(count)).rounded(.down)) - 1
    if isWhole { exponent = max(0, exponent) }
    while true {
      for factor in [1.0, 2, 5] {
        let step = scaled(factor, exponent)
        if multipleCount(of: step, in: range) <= count { return step }
      }
      exponent += 1
    }
  }

  /// A factor times a power of ten; divided where that is below 1, which rounds once only.
  private static func scaled(_ factor: Double, _ exponent: Int) -> Double {
    exponent < 0 ? factor / pow(10, Double(-exponent)) : factor * pow(10, Double(exponent))
  }

  /// The range made larger to whole steps.
  package static func rounded(
    _ range: ClosedRange<Double>, most count: Int
  ) -> ClosedRange<Double> {
    let step = step(of: range, most: count)
    let low = (range.lowerBound / step + 1e-9).rounded(.down) * step
    let high = (range.upperBound / step - 1e-9).rounded(.up) * step
    return low...max(high, low + step)
  }

  /// Powers of ten, between them 2 and 5 where these are few, at most `count`.
  package static func logarithmic(_ range: ClosedRange<Double>, most count: Int) -> [Double] {
    let low = log10(range.lowerBound)
    let high = log10(range.upperBound)
    guard low.isFinite, high.isFinite, high >= low else { return [] }
    let first = Int((low - 1e-9).rounded(.up))
    let exponents = first...max(first, Int((high + 1e-9).rounded(.down)))
    let least = range.lowerBound * (1 - 1e-9)
    let most = range.upperBound * (1 + 1e-9)
    func inside(_ factors: [Double]) -> [Double] {
      var ticks: [Double] = []
      for exponent in exponents.lowerBound - 1...exponents.upperBound {
        ticks += factors.map { scaled($0, exponent) }.filter { least <= $0 && $0 <= most }
      }
      return ticks
    }
    for factors in [[1.0, 2, 3, 4, 5, 6, 7, 8, 9], [1.0, 2, 5], [1.0, 3], [1.0]] {
      let ticks = inside(factors)
      if ticks.count <= count, factors.count < 9 || ticks.count <= 5 { return ticks }
    }
    let tens = inside([1])
    let stride = (tens.count + count - 1) / max(1, count)
    return tens.enumerated().filter { $0.offset.isMultiple(of: max(1, stride)) }.map(\.element)
  }

  /// Seconds that a clock would show, at most `count` of them, on a linear axis.
  package static func durations(_ range: ClosedRange<Double>, most count: Int) -> (
    values: [Double], step: Double
  ) {
    guard range.upperBound > 20 else { return linear(range, most: count) }
    let steps = clockSteps.filter { $0 >= 1 }
    let step = steps.first { multipleCount(of: $0, in: range) <= count }
    guard let step else {
      let hours = linear(range.lowerBound / 3600...range.upperBound / 3600, most: count)
      return (hours.values.map { $0 * 3600 }, hours.step * 3600)
    }
    return (multiples(of: step, in: range), step)
  }

  /// The same on a logarithmic axis.
  package static func logarithmicDurations(
    _ range: ClosedRange<Double>, most count: Int
  ) -> [Double] {
    var ticks = clockMarks.filter(range.contains)
    if ticks.count < 2 { return logarithmic(range, most: count) }
    // Every second one is left out until they fit.
    while ticks.count > max(1, count) {
      ticks = ticks.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
    }
    return ticks
  }

  private static let clockSteps: [Double] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
  ]
  private static let clockMarks: [Double] = [
    0.001, 0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 18_000,
    36_000,
    86_400, 172_800, 432_000, 864_000,
  ]

  private static func multipleCount(of step: Double, in range: ClosedRange<Double>) -> Int {
    let (first, last) = bounds(of: step, in: range)
    return last >= first ? Int(min(1e6, last - first)) + 1 : 0
  }

  private static func multiples(of step: Double, in range: ClosedRange<Double>) -> [Double] {
    let (first, last) = bounds(of: step, in: range)
    guard last >= first, last - first < 1e6 else { return [] }
    // Steps below 1 are inverses of whole numbers times 1, 2 or 5: a quotient has fewer digits.
    let inverse = (1 / step).rounded()
    let isInverse = step < 1 && abs(inverse * step - 1) < 1e-9
    return (0...Int(last - first)).map {
      isInverse ? (first + Double($0)) / inverse : (first + Double($0)) * step
    }
  }

  private static func bounds(
    of step: Double, in range: ClosedRange<Double>
  ) -> (first: Double, last: Double) {
    (
      (range.lowerBound / step - 1e-9).rounded(.up), (range.upperBound / step + 1e-9).rounded(.down)
    )
  }
}
