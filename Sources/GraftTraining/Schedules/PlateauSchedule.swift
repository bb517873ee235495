import GraftBase

/// Lower whenever the validation loss has stopped falling: torch's `ReduceLROnPlateau`.
///
/// The rate is reduced at the end of an epoch, when more than `patience` epochs in a row had no loss
/// below the best by `threshold` of it; then the epochs are counted anew. What is to be remembered is in the
/// history of the run, so that the schedule itself has no state.
package struct PlateauSchedule: Schedule {
  package static let name = "plateau"
  package static let summary = "lower whenever the validation loss has stopped falling"
  package static let factor = Argument(
    "factor", .number(1e-6...0.999), default: 0.1, "what each reduction multiplies the rate by")
  package static let patience = Argument(
    "patience", .integer(0...100_000), default: 2,
    "epochs without a lower loss that are waited for; one more reduces the rate")
  package static let threshold = Argument(
    "threshold", .number(0...0.999), default: 1e-4,
    "how far below the best a lower loss must be, as a share of the best")
  package static let lowest = Argument(
    "lowest", .number(0...1), default: 0, "the share of the peak rate that is never gone below")
  package static let arguments: [any AnyArgument] = [factor, patience, threshold, lowest]
  package static let watchesValidation = true

  private let factor: Double
  private let patience: Int
  private let threshold: Double
  private let lowest: Double

  package init(_ values: ArgumentValues) {
    factor = values[Self.factor]
    patience = values[Self.patience]
    threshold = values[Self.threshold]
    lowest = values[Self.lowest]
  }

  package func multiplier(at progress: Double) -> Double { 1 }

  package func multiplier(after history: [EpochRecord]) -> Double {
    var multiplier = 1.0
    var best = Double.infinity
    var epochsWithout = 0
    for record in history {
      // A loss that is not a number is not lower than any.
      if let loss = record.validationLoss, loss < best * (1 - threshold) {
        best = loss
        epochsWithout = 0
      } else {
        epochsWithout += 1
      }
      if epochsWithout > patience {
        multiplier = max(multiplier * factor, lowest)
        epochsWithout = 0
      }
    }
    return multiplier
  }
}
