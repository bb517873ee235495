/// What a training reports to its observer.
package enum TrainingEvent {
  /// Before the first update; the policy prints as the pre-flight table.
  case started(ResolvedPolicy, ScheduleCurve)
  /// A message about where features come from, before the update that it concerns.
  case remark(String)
  /// After an update.
  case progress(TrainingProgress)
  /// While the features are computed for which a head is solved.
  case computingFeatures(batch: Int, of: Int)
  /// Before each iteration of a head's solution.
  case solving
  /// While validation images are evaluated.
  case evaluating(batch: Int, of: Int)
  /// After an epoch and its validation.
  case epoch(EpochRecord)
  /// After the last update; the weights are the last, or the best if patience ended the run or
  /// the settings keep the best.
  case finished(TrainingResult)
  /// After a stop or an abort; the weights are those of the step it names.
  case stopped(TrainingResult)
}

/// What an observer may ask of the training.
package enum TrainingAnswer: Sendable {
  case `continue`
  /// End after this batch and keep the weights.
  case stop
  /// End now and go back to the state after the last whole epoch.
  case abort
}

/// Where a run stands after an update.
package struct TrainingProgress: Sendable {
  /// Updates made, counted over the whole run.
  package let step: Int
  package let totalSteps: Int
  /// The epoch in progress, from 1.
  package let epoch: Int
  package let epochs: Int
  /// Mean loss of the last batch, against the targets it was trained on.
  package let loss: Double
  /// Mean loss of this epoch so far.
  package let epochLoss: Double
  /// In this epoch.
  package let imagesPerSecond: Double
  /// Seconds until the last update at the present speed.
  package let remainingSeconds: Double
  /// The part of the time spent waiting for images.
  package let waitingShare: Double
}

/// The scores of one epoch; equal in runs that are equal.
package struct EpochRecord: Codable, Hashable, Sendable {
  /// From 1.
  package let epoch: Int
  /// Updates made by the end of the epoch.
  package let step: Int
  /// Mean loss against the targets trained on: augmented, mixed and smoothed.
  package let trainLoss: Double
  /// The part of training images, augmented as trained on, taken for their heaviest target; of
  /// pixels the share predicted correctly, of labels that of right decisions at one half.
  package let trainAccuracy: Proportion
  /// Plain loss: no mixing, no smoothing; nil without validation images.
  package let validationLoss: Double?
  package let validationAccuracy: Proportion?
  /// The mean intersection over union, where the model predicts pixels.
  package var validationOverlap: Double?
  /// The mean average precision, where the model predicts any number of labels; then there is no accuracy.
  package var validationMeanPrecision: Double?

  /// What the head was solved with, where it was not trained.
  package var solution: HeadSolution?

  /// The score that is shown and that patience watches: overlap, mean average precision, or else accuracy.
  package var validationScore: Double? {
    validationOverlap ?? validationMeanPrecision ?? validationAccuracy?.value
  }

  /// Whether this epoch is better: more correct, or as many at a lower loss; NaN never is.
  ///
  /// For pixels the overlap decides, for labels the mean average precision.
  package func isBetter(than other: EpochRecord) -> Bool {
    if let own = validationMeanPrecision {
      guard let loss = validationLoss, loss.isFinite else { return false }
      guard let theirs = other.validationMeanPrecision, let otherLoss = other.validationLoss,
        otherLoss.isFinite
      else { return true }
      return own != theirs ? own > theirs : loss < otherLoss
    }
    guard let own = validationAccuracy, let loss = validationLoss, loss.isFinite else {
      return false
    }
    guard let theirs = other.validationAccuracy, let otherLoss = other.validationLoss,
      otherLoss.isFinite
    else { return true }
    if let own = validationOverlap, let theirs = other.validationOverlap, own != theirs {
      return own > theirs
    }
    return own.count != theirs.count ? own.count > theirs.count : loss < otherLoss
  }
}

/// How a run ended and what it cost.
package struct TrainingResult: Sendable {
  /// Why there are no more updates.
  package enum Ending: Hashable, Sendable {
    /// All epochs ran; the weights are the last, or the best where the settings keep those.
    case completed
    /// No better epoch for as long as `patience` allowed; the weights are those of the best epoch.
    case outOfPatience
    /// The observer or `stopAtStep` asked; the weights are those after `step`.
    case stopped
    /// The observer asked twice; the weights are those of the last whole epoch.
    case aborted
  }

  package let ending: Ending
  /// Updates in the weights.
  package let step: Int
  package let totalSteps: Int
  package let history: [EpochRecord]
  /// The epoch with the best validation, from 1.
  package let bestEpoch: Int?
  /// Whether the weights are those of the best epoch.
  package let endsWithBest: Bool
  /// The validation of the weights as they are now.
  package let validation: Evaluation?
  package let freezeProof: FreezeProof.Outcome
  /// SHA-256 over all parameters, statistics included.
  package let weightsHash: String
  package let cost: TrainingCost
}

/// What a run cost; differs from run to run, so it is kept apart from the scores.
package struct TrainingCost: Codable, Sendable, Hashable {
  package var seconds = 0.0
  /// The part of `seconds` in which a head was solved; the rest went into features.
  package var solvingSeconds = 0.0
  /// Processor seconds of all threads, validation included.
  package var processorSeconds = 0.0
  /// The highest resident memory of the process during the run, in bytes.
  package var peakBytes = 0
  /// Training images a second, validation time left out.
  package var imagesPerSecond = 0.0
  /// The part of training time spent waiting for images.
  package var waitingShare = 0.0
  /// Seconds from the start to the end of each epoch, its validation included.
  package var epochEnds: [Double] = []

  package init() {}
}
