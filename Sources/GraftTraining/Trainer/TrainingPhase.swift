/// One part of a run that is trained in several: its own policy and settings.
///
/// Each phase is a run on the weights that the one before left, with a fresh optimizer.
package struct TrainingPhase: Codable, Hashable, Sendable {
  package var policy: Policy
  package var settings: TrainingSettings
  /// The views of each image, 0 for new ones in each epoch, that it began with before it was given other
  /// epochs; nil follows the epochs.
  package var begunViews: Int?

  package init(_ policy: Policy, _ settings: TrainingSettings) {
    self.policy = policy
    self.settings = settings
  }

  /// Head first, then everything: fastai's `fine_tune` (Howard and Gugger, 2020).
  ///
  /// One epoch or more of the head alone at `rate`, the peak late, at 99 % of it; then all groups
  /// at half the rate, spread over a factor of 100, rising for 30 % of the run from a fifth of the
  /// peak. A random head would distort the encoder's features (Kumar et al., 2022).
  package static func headThenEverything(
    epochs: Int, headEpochs: Int = 1, rate: Double = 2e-3, settings: TrainingSettings
  ) -> [TrainingPhase] {
    var first = settings
    first.epochs = headEpochs
    first.schedule = Choice(OneCycleSchedule.name, [OneCycleSchedule.rise.name: 0.99])
    var second = settings
    second.epochs = epochs
    second.schedule = Choice(
      OneCycleSchedule.name, [OneCycleSchedule.rise.name: 0.3, OneCycleSchedule.start.name: 5])
    let half = rate / 2
    return [
      TrainingPhase(Policy(.headOnly(rate)), first),
      TrainingPhase(Policy(.geometric(lowest: half / 100, highest: half)), second),
    ]
  }
}
