import Foundation

/// The same factor at every update, reaching `final` at the end.
package struct ExponentialSchedule: Schedule {
  package static let name = "exponential"
  package static let summary = "the same factor at every update"
  package static let options = [
    ChoiceOption("final", 0.01, in: 1e-9...1, "part of the peak at the end")
  ]

  private let final: Double

  package init(_ values: ChoiceValues) { final = values["final"] }

  package func multiplier(at progress: Double) -> Double { pow(final, progress) }
}
