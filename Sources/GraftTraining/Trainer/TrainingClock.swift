/// Keeps the time of a run, apart for waiting and training; nothing that is computed depends on it.
struct TrainingClock {
  private(set) var waitingSeconds = 0.0
  private(set) var trainingSeconds = 0.0
  private(set) var images = 0
  private(set) var steps = 0

  /// Counts the time of `body` as waiting for images.
  mutating func waiting<Result>(for body: () throws -> Result) rethrows -> Result {
    let start = ContinuousClock.now
    defer { waitingSeconds += (ContinuousClock.now - start).seconds }
    return try body()
  }

  /// Counts the time of `body` as training on so many images.
  mutating func training<Result>(
    images count: Int, _ body: () throws -> Result
  ) rethrows -> Result {
    let start = ContinuousClock.now
    defer {
      trainingSeconds += (ContinuousClock.now - start).seconds
      images += count
      steps += 1
    }
    return try body()
  }

  private var seconds: Double { waitingSeconds + trainingSeconds }

  var imagesPerSecond: Double { seconds > 0 ? Double(images) / seconds : 0 }

  var waitingShare: Double { seconds > 0 ? waitingSeconds / seconds : 0 }

  /// Seconds an update takes, waiting included.
  var secondsPerStep: Double { steps > 0 ? seconds / Double(steps) : 0 }
}
