import GraftBase

/// The peak rate for most of the run, then half a cosine wave down to 0.
package struct FlatCosineSchedule: Schedule {
  package static let name = "flat-cosine"
  package static let summary = "the peak for most of the run, then half a cosine wave down"
  package static let flat = Argument(
    "flat", .number(0...0.999), default: 0.75, "part of the run at the peak")
  package static let arguments: [any AnyArgument] = [flat]

  private let flat: Double

  package init(_ values: ArgumentValues) { flat = values[Self.flat] }

  package func multiplier(at progress: Double) -> Double {
    progress < flat ? 1 : cosineBlend(from: 1, to: 0, at: (progress - flat) / (1 - flat))
  }
}
