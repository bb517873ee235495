/// Keeps the time of a run, apart for waiting and training; nothing that is computed depends on it.
struct TrainingClock {
  private(set) var seconds = 0.0
  private(set) var waitingSeconds = 0.0
  private(set) var images = 0
  private(set) var steps = 0

  /// Counts one update: when it began, its images, and how long it waited for them.
  mutating func add(since start: ContinuousClock.Instant, images count: Int, waited: Double) {
    seconds += (ContinuousClock.now - start).seconds
    waitingSeconds += waited
    images += count
    steps += 1
  }

  var imagesPerSecond: Double { seconds > 0 ? Double(images) / seconds : 0 }

  var waitingShare: Double { seconds > 0 ? waitingSeconds / seconds : 0 }

  /// Seconds an update takes, waiting included.
  var secondsPerStep: Double { steps > 0 ? seconds / Double(steps) : 0 }
}
