import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

/// What a run will take, estimated from its compiled plan and timed batches before it starts.
package struct Forecast: Hashable, Sendable {
  /// What an epoch takes: its updates, images included, and the validation after it.
  package struct Epoch: Hashable, Sendable {
    package let trainingSeconds: Double
    package let validationSeconds: Double

    package var seconds: Double { trainingSeconds + validationSeconds }
  }

  /// An epoch that computes everything.
  package let computed: Epoch
  /// An epoch that reads a frozen encoder's features; as `computed` where none are kept.
  package let kept: Epoch
  package let epochs: Int
  /// The epochs before all features of training images are kept.
  package let computedEpochs: Int
  /// The highest resident memory of the whole process, in bytes.
  package let bytes: Int

  /// The first validation is computed, the others read.
  package var seconds: Double {
    let training =
      Double(computedEpochs) * computed.trainingSeconds
      + Double(epochs - computedEpochs) * kept.trainingSeconds
    return training + computed.validationSeconds + Double(epochs - 1) * kept.validationSeconds
  }
}

extension Forecast: CustomStringConvertible {
  /// `about 2m10s (5 epochs of 26 s), 410 MB`, or `(4 epochs of 26 s, then 16 of 0.2 s)`.
  package var description: String {
    let later = epochs - computedEpochs
    return "about \(seconds.durationText) (\(computedEpochs) epochs of "
      + computed.seconds.durationText
      + (later > 0 ? ", then \(later) of \(kept.seconds.durationText)" : "") + "), "
      + bytes.bytesText
  }
}

extension Trainer {
  /// Times batches of training and of validation; changes nothing.
  ///
  /// Of two batches the first warms caches and the second is timed, so the forecast takes about as
  /// long as two updates, or five where features are kept.
  package func forecast() throws -> Forecast {
    // Resets the watermark: the updates and validations below reach the run's own peak.
    _ = ResourceMeter()
    let before = capture(sharingFrozen: true)
    defer { rewind(to: before) }
    let computed = try timedEpoch()
    var kept = computed
    let features = training as? FeatureBatches
    if features != nil || validation is FeatureBatches {
      // The first reading computes a batch again to compare it.
      _ = try timedEpoch()
      kept = try timedEpoch()
    }
    // What the run keeps beyond that; the copy for going back is here `before`.
    let best = settings.copiesBest ? policy.changing.reduce(0) { $0 + $1.count * 4 } : 0
    return Forecast(
      computed: computed, kept: kept, epochs: settings.epochs,
      computedEpochs: min(settings.epochs, features?.viewCount ?? settings.epochs),
      bytes: ResourceMeter.peakBytes + best
        + [features, validation as? FeatureBatches].reduce(0) { $0 + ($1?.bytesToCome ?? 0) })
  }

  /// An epoch's seconds from two batches of each kind.
  private func timedEpoch() throws -> Forecast.Epoch {
    training.start(epoch: 0, at: 0)
    var update = 0.0
    for _ in 0..<2 {
      let start = ContinuousClock.now
      guard let batch = try training.nextBatch() else { break }
      if solving == nil {
        _ = try self.update(on: batch)
      } else if batch.part == .whole {
        _ = try plans.features(of: batch)
      }
      update = (ContinuousClock.now - start).seconds
    }
    guard let validation else {
      return Forecast.Epoch(
        trainingSeconds: update * Double(training.batchCount), validationSeconds: 0)
    }
    let start = ContinuousClock.now
    var batches = 0
    _ = try evaluator.evaluate(validation) { done, _ in
      batches = done
      return done < 2
    }
    let seconds = (ContinuousClock.now - start).seconds / Double(max(1, batches))
    return Forecast.Epoch(
      trainingSeconds: update * Double(training.batchCount),
      validationSeconds: seconds * Double(validation.batchCount))
  }
}
