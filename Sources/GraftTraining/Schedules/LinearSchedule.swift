/// A straight line from the peak rate down to `final`.
package struct LinearSchedule: Schedule {
  package static let name = "linear"
  package static let summary = "a straight line from the peak to the final rate"
  package static let options = [
    ChoiceOption("final", 0, in: 0...1, "part of the peak at the end")
  ]

  private let final: Double

  package init(_ values: ChoiceValues) { final = values["final"] }

  package func multiplier(at progress: Double) -> Double { 1 + (final - 1) * progress }
}
