import Foundation

/// Half a cosine wave from the peak rate down to `final` (Loshchilov and Hutter, 2017).
package struct CosineSchedule: Schedule {
  package static let name = "cosine"
  package static let summary = "half a cosine wave from the peak to the final rate"
  package static let options = [
    ChoiceOption("final", 0, in: 0...1, "part of the peak at the end")
  ]

  private let final: Double

  package init(_ values: ChoiceValues) { final = values["final"] }

  package func multiplier(at progress: Double) -> Double {
    cosineBlend(from: 1, to: final, at: progress)
  }
}

/// The value at `progress` of half a cosine wave between two numbers.
func cosineBlend(from start: Double, to end: Double, at progress: Double) -> Double {
  end + (start - end) * (1 + cos(.pi * progress)) / 2
}
