import Foundation
import GraftBase

/// Half a cosine wave from the peak rate down to `final` (Loshchilov and Hutter, 2017).
package struct CosineSchedule: Schedule {
  package static let name = "cosine"
  package static let summary = "half a cosine wave from the peak to the final rate"
  package static let finalRate = Argument(
    "final", .number(0...1), default: 0, "part of the peak at the end")
  package static let arguments: [any AnyArgument] = [finalRate]

  private let final: Double

  package init(_ values: ArgumentValues) { final = values[Self.finalRate] }

  package func multiplier(at progress: Double) -> Double {
    cosineBlend(from: 1, to: final, at: progress)
  }
}

/// The value at `progress` of half a cosine wave between two numbers.
func cosineBlend(from start: Double, to end: Double, at progress: Double) -> Double {
  end + (start - end) * (1 + cos(.pi * progress)) / 2
}
