import Foundation
import GraftBase

/// The same factor at every update, reaching `final` at the end.
package struct ExponentialSchedule: Schedule {
  package static let name = "exponential"
  package static let summary = "the same factor at every update"
  package static let finalRate = Argument(
    "final", .number(1e-9...1), default: 0.01, "part of the peak at the end")
  package static let arguments: [any AnyArgument] = [finalRate]

  private let final: Double

  package init(_ values: ArgumentValues) { final = values[Self.finalRate] }

  package func multiplier(at progress: Double) -> Double { pow(final, progress) }
}
