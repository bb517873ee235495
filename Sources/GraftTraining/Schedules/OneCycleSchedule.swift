import GraftBase

/// Up to the peak and down again by cosines, momentum the other way round (Smith, 2018).
///
/// The numbers are fastai's: start at peak / 25, end at peak / 100,000, a quarter of the run
/// upwards, momentum .95 → .85 → .95. torch divides its final rate from the starting rate instead;
/// the same curve there is `final_div_factor=4000`.
package struct OneCycleSchedule: Schedule {
  package static let name = "one-cycle"
  package static let summary = "up to the peak and down by cosines, momentum the other way"
  package static let rise = Argument(
    "rise", .number(0.001...0.999), default: 0.25, "part of the run that goes up")
  package static let start = Argument(
    "start", .number(1...1e6), default: 25, "the first rate is the peak over this")
  package static let end = Argument(
    "end", .number(1...1e12), default: 1e5, "the last rate is the peak over this")
  package static let high = Argument(
    "high", .number(0...0.999), default: 0.95, "momentum at both ends")
  package static let low = Argument(
    "low", .number(0...0.999), default: 0.85, "momentum at the peak")
  package static let arguments: [any AnyArgument] = [rise, start, end, high, low]

  private var rise: Double
  private let start: Double
  private let end: Double
  private let highMomentum: Double
  private let lowMomentum: Double

  package init(_ values: ArgumentValues) {
    rise = values[Self.rise]
    start = 1 / values[Self.start]
    end = 1 / values[Self.end]
    highMomentum = values[Self.high]
    lowMomentum = values[Self.low]
  }

  package func multiplier(at progress: Double) -> Double {
    value(at: progress, from: start, peak: 1, to: end)
  }

  package func momentum(at progress: Double) -> Double? {
    value(at: progress, from: highMomentum, peak: lowMomentum, to: highMomentum)
  }

  package func rising(for share: Double) -> (any Schedule)? {
    var copy = self
    copy.rise = min(max(share, 0.001), 0.999)
    return copy
  }

  private func value(
    at progress: Double, from first: Double, peak: Double, to last: Double
  ) -> Double {
    progress < rise
      ? cosineBlend(from: first, to: peak, at: progress / rise)
      : cosineBlend(from: peak, to: last, at: (progress - rise) / (1 - rise))
  }
}
