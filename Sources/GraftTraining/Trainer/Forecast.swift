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

  /// An epoch that computes everything, and reads files for the first time.
  package let computed: Epoch
  /// An epoch that finds what is kept: decoded images, and a frozen encoder's features where those are.
  package let kept: Epoch
  package let epochs: Int
  /// The epochs before all features of training images are kept; 1 where none are.
  package let computedEpochs: Int
  /// Whether features of training images are kept.
  package let keepsFeatures: Bool
  /// The highest resident memory of the whole process, in bytes.
  package let bytes: Int

  package var seconds: Double { seconds(epochs: epochs, computed: computedEpochs) }

  /// The same for so many epochs, `computed` of which compute everything.
  ///
  /// The first validation is computed, the others find what is kept.
  package func seconds(epochs: Int, computed count: Int) -> Double {
    let first = min(epochs, count)
    let training =
      Double(first) * computed.trainingSeconds + Double(epochs - first) * kept.trainingSeconds
    return training + computed.validationSeconds + Double(epochs - 1) * kept.validationSeconds
  }
}

extension Forecast: CustomStringConvertible {
  /// `about 2m10s (5 epochs of 26 s), 410 MB`, or `(4 epochs of 26 s, then 16 of 0.2 s)`.
  package var description: String {
    let later = keepsFeatures ? epochs - computedEpochs : 0
    let epoch = later > 0 ? computed.seconds : seconds / Double(epochs)
    return "about \(seconds.durationText) (\(epochs - later) epochs of \(epoch.durationText)"
      + (later > 0 ? ", then \(later) of \(kept.seconds.durationText)" : "") + "), "
      + bytes.bytesText
  }
}

extension Trainer {
  /// Whether the first updates show what an epoch takes that computes everything: no features are there already,
  /// and images do not grow.
  package var beginsInFull: Bool {
    settings.sides == nil && (training as? FeatureBatches).map { $0.bytesToCome > 0 } ?? true
  }

  /// Times batches of training and of validation; changes nothing.
  ///
  /// Batches are timed twice, with the files read for the first time and after that. Of each kind the first
  /// warms caches; the second is timed, and more where they are short.
  package func forecast() throws -> Forecast {
    // Resets the watermark: the updates and validations below reach the run's own peak.
    _ = ResourceMeter()
    let before = capture(sharingFrozen: true)
    defer { rewind(to: before) }
    let features = training as? FeatureBatches
    let computed = try timedEpoch()
    // The first reading of features computes a batch again to compare it.
    if features != nil || validation is FeatureBatches { _ = try timedEpoch() }
    let kept = try timedEpoch()
    // What the run keeps beyond that; the copy for going back is here `before`.
    let best = settings.copiesBest ? policy.changing.reduce(0) { $0 + $1.count * 4 } : 0
    return Forecast(
      computed: computed, kept: kept, epochs: settings.epochs,
      computedEpochs: min(settings.epochs, features?.viewCount ?? 1),
      keepsFeatures: features != nil,
      bytes: ResourceMeter.peakBytes + best
        + [features, validation as? FeatureBatches].reduce(0) { $0 + ($1?.bytesToCome ?? 0) })
  }

  /// An epoch's seconds; of images that grow, the mean of all epochs.
  private func timedEpoch() throws -> Forecast.Epoch {
    var trainingSeconds = 0.0
    for (epoch, count) in differingEpochs {
      trainingSeconds += try Double(count) * timedTraining(epoch: epoch)
    }
    return Forecast.Epoch(
      trainingSeconds: trainingSeconds / Double(settings.epochs),
      validationSeconds: try timedValidation())
  }

  /// One epoch of each kind that there is, and how many there are of it.
  private var differingEpochs: [(epoch: Int, count: Int)] {
    guard let sides = settings.sides else {
      // Of views that are not all kept, the last is the one that is not.
      return [((training as? FeatureBatches).map { $0.viewCount - 1 } ?? 0, settings.epochs)]
    }
    let all = (0..<settings.epochs).map { sides[min($0, sides.count - 1)] }
    return Set(all).sorted().map { side in
      (all.firstIndex(of: side) ?? 0, all.count { $0 == side })
    }
  }

  private func timedTraining(epoch: Int) throws -> Double {
    training.start(epoch: epoch, at: 0)
    var seconds: [Double] = []
    // Of features that are kept, only those of the first batches are there: more would be computed.
    let most = training is FeatureBatches ? 2 : 9
    while seconds.count < 2 || seconds.count < most && seconds.reduce(0, +) < 0.5 {
      let start = ContinuousClock.now
      guard let batch = try training.nextBatch() else { break }
      if solving == nil {
        _ = try update(on: batch)
      } else if batch.part == .whole {
        _ = try plans.features(of: batch)
      }
      seconds.append((ContinuousClock.now - start).seconds)
    }
    let timed = seconds.count > 1 ? Array(seconds.dropFirst()) : seconds
    return timed.reduce(0, +) / Double(max(1, timed.count)) * Double(training.batchCount)
  }

  private func timedValidation() throws -> Double {
    guard let validation else { return 0 }
    let start = ContinuousClock.now
    var batches = 0
    _ = try evaluator.evaluate(validation) { done, _ in
      batches = done
      return done < 2
    }
    return (ContinuousClock.now - start).seconds / Double(max(1, batches))
      * Double(validation.batchCount)
  }
}
