/// The peak rate for most of the run, then half a cosine wave down to 0.
package struct FlatCosineSchedule: Schedule {
  package static let name = "flat-cosine"
  package static let summary = "the peak for most of the run, then half a cosine wave down"
  package static let options = [
    ChoiceOption("flat", 0.75, in: 0...0.999, "part of the run at the peak")
  ]

  private let flat: Double

  package init(_ values: ChoiceValues) { flat = values["flat"] }

  package func multiplier(at progress: Double) -> Double {
    progress < flat ? 1 : cosineBlend(from: 1, to: 0, at: (progress - flat) / (1 - flat))
  }
}
