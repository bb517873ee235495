import Foundation

/// A power of the remaining part of the run, from the peak rate to 0.
package struct PolynomialSchedule: Schedule {
  package static let name = "polynomial"
  package static let summary = "a power of what remains of the run"
  package static let options = [
    ChoiceOption("power", 2, in: 0.1...10, "1 is a straight line, more falls earlier")
  ]

  private let power: Double

  package init(_ values: ChoiceValues) { power = values["power"] }

  package func multiplier(at progress: Double) -> Double { pow(1 - progress, power) }
}
