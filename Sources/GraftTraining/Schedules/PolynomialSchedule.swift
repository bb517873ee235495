import Foundation
import GraftBase

/// A power of the remaining part of the run, from the peak rate to 0.
package struct PolynomialSchedule: Schedule {
  package static let name = "polynomial"
  package static let summary = "a power of what remains of the run"
  package static let power = Argument(
    "power", .number(0.1...10), default: 2, "1 is a straight line, more falls earlier")
  package static let arguments: [any AnyArgument] = [power]

  private let power: Double

  package init(_ values: ArgumentValues) { power = values[Self.power] }

  package func multiplier(at progress: Double) -> Double { pow(1 - progress, power) }
}
