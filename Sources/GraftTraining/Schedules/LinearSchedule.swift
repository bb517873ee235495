import GraftBase

/// A straight line from the peak rate down to `final`.
package struct LinearSchedule: Schedule {
  package static let name = "linear"
  package static let summary = "a straight line from the peak to the final rate"
  package static let finalRate = Argument(
    "final", .number(0...1), default: 0, "part of the peak at the end")
  package static let arguments: [any AnyArgument] = [finalRate]

  private let final: Double

  package init(_ values: ArgumentValues) { final = values[Self.finalRate] }

  package func multiplier(at progress: Double) -> Double { 1 + (final - 1) * progress }
}
