import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

/// What a run will take, told from its compiled plan and timed batches before it starts.
package struct Forecast: Hashable, Sendable {
  /// One epoch of updates, images included, without validation.
  package let secondsPerEpoch: Double
  /// The validation after each epoch.
  package let validationSeconds: Double
  package let epochs: Int
  /// The highest resident memory of the whole process, in bytes.
  package let bytes: Int

  package var seconds: Double { Double(epochs) * (secondsPerEpoch + validationSeconds) }
}

extension Forecast: CustomStringConvertible {
  /// `about 2m10s (5 epochs of 26 s), 410 MB`.
  package var description: String {
    let epoch = secondsPerEpoch + validationSeconds
    return "about \(seconds.durationText) (\(epochs) epochs of \(epoch.durationText)), "
      + bytes.bytesText
  }
}

extension Trainer {
  /// Times one batch of training and one of validation; changes nothing.
  ///
  /// The first batch warms caches and the second is timed, so the forecast takes about as long as
  /// two updates.
  package func forecast() throws -> Forecast {
    // Resets the watermark: the two updates and the validation below reach the run's own peak.
    _ = ResourceMeter()
    let before = capture(sharingFrozen: true)
    defer { rewind(to: before) }
    training.start(epoch: 0, at: 0)
    var clock = TrainingClock()
    for _ in 0..<2 {
      guard let batch = try training.nextBatch() else { break }
      clock = TrainingClock()
      _ = try clock.training(images: batch.count) { try update(on: batch) }
    }
    var validationSeconds = 0.0
    if let validation {
      let start = ContinuousClock.now
      var batches = 0
      _ = try evaluator.evaluate(validation) { done, _ in
        batches = done
        return done < 2
      }
      let seconds = (ContinuousClock.now - start).seconds
      validationSeconds = seconds / Double(max(1, batches)) * Double(validation.batchCount)
    }
    // What the run keeps beyond that; the copy for going back is here `before`.
    let best = settings.patience == nil ? 0 : policy.changing.reduce(0) { $0 + $1.count * 4 }
    return Forecast(
      secondsPerEpoch: clock.secondsPerStep * Double(training.batchCount),
      validationSeconds: validationSeconds, epochs: settings.epochs,
      bytes: ResourceMeter.peakBytes + best)
  }
}
