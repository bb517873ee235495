import Foundation
import GraftBase

/// A staircase: every part of the run multiplies the rate by one factor.
package struct StepSchedule: Schedule {
  package static let name = "step"
  package static let summary = "a staircase: one factor per part of the run"
  package static let parts = Argument(
    "parts", .number(1...100), default: 3, "equal parts of the run")
  package static let factor = Argument(
    "factor", .number(1e-6...1), default: 0.1, "what each part multiplies the rate by")
  package static let arguments: [any AnyArgument] = [parts, factor]

  private let parts: Double
  private let factor: Double

  package init(_ values: ArgumentValues) {
    parts = values[Self.parts].rounded()
    factor = values[Self.factor]
  }

  package func multiplier(at progress: Double) -> Double {
    // A step that lies on the edge belongs to the new part, whatever the quotient's last bit says.
    let part = min(parts - 1, (progress * parts + 1e-9).rounded(.down))
    return pow(factor, part)
  }
}
