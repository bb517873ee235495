import Foundation

/// A staircase: every part of the run multiplies the rate by one factor.
package struct StepSchedule: Schedule {
  package static let name = "step"
  package static let summary = "a staircase: one factor per part of the run"
  package static let options = [
    ChoiceOption("parts", 3, in: 1...100, "equal parts of the run"),
    ChoiceOption("factor", 0.1, in: 1e-6...1, "what each part multiplies the rate by"),
  ]

  private let parts: Double
  private let factor: Double

  package init(_ values: ChoiceValues) {
    parts = values["parts"].rounded()
    factor = values["factor"]
  }

  package func multiplier(at progress: Double) -> Double {
    // A step that lies on the edge belongs to the new part, whatever the quotient's last bit says.
    let part = min(parts - 1, (progress * parts + 1e-9).rounded(.down))
    return pow(factor, part)
  }
}
