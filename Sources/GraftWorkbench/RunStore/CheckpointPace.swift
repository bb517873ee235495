import GraftBase

/// How often a training is saved: `set checkpoint=`.
package enum CheckpointPace: String, WordChoice {
  /// At the end of each epoch and every five minutes, but for at most a hundredth of the time.
  case auto
  /// At the end of each epoch and every five minutes, whatever it costs.
  case epoch
  /// After each update.
  case step
  /// Never, not even at the end.
  case off
}
