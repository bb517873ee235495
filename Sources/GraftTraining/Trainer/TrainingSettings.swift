import GraftBase

/// The settings of a run besides model, data and policy.
package struct TrainingSettings: Codable, Hashable, Sendable {
  package var epochs = 5
  package var optimizer = Choice(AdamWRule.name)
  package var schedule = Choice(OneCycleSchedule.name)
  /// Epochs of linear warm-up; a schedule that rises by itself takes them as its rise.
  package var warmupEpochs = 0.0
  package var weightDecay = 0.01
  /// Label smoothing: this part of each target, mixed or not, is spread evenly over the classes.
  package var smoothing = 0.0
  /// A weight per class for the loss of images of it; nil counts all alike.
  package var classWeights: [Float]?
  /// The largest norm a step's gradients may have together; nil leaves them as they are.
  package var gradientLimit: Double?
  /// Epochs without a better validation accuracy after which the run ends with its best weights;
  /// nil runs to the end and keeps the last weights.
  package var patience: Int?
  /// The number of updates after which the run stops as if interrupted.
  package var stopAtStep: Int?
  /// Addresses dropout masks; the data has its own copy for order and augmentation.
  package var seed: UInt64 = 1
  /// The epoch whose weights a run ends with that patience does not end; nil is the last.
  package var kept: KeptEpoch?
  /// Batches whose gradients make one update; nil is one.
  package var accumulation: Int?
  /// Moving averages of the weights, which are validated and which a run ends with; nil is the weights as
  /// they are.
  package var averaging: WeightAveraging?
  /// The side of training images in each epoch, in pixels; nil is the model's own in all.
  package var sides: [Int]?

  package init(epochs: Int = 5) { self.epochs = epochs }

  /// Whether the weights of the best epoch are copied, because the run may end with them.
  package var copiesBest: Bool { patience != nil || kept == .best }

  /// Updates in an epoch of this many batches: the last is of those that are left.
  func updateCount(ofBatches count: Int) -> Int {
    let batches = accumulation ?? 1
    return (count - 1) / batches + 1
  }

  /// Sets the optimizer's momentum, and has the schedule leave it there.
  package mutating func setMomentum(_ momentum: Double) throws {
    guard let argument = try Optimizers.type(of: optimizer).momentumArgument else {
      throw GraftError(
        .usage, "\(optimizer.name) has no momentum", help: "leave out momentum=")
    }
    optimizer.values[argument.name] = momentum
    for argument in try Schedules.type(of: schedule).momentumArguments {
      schedule.values[argument.name] = momentum
    }
  }

  /// Refuses what looks at validation images where there are none.
  func requireNoValidation() throws {
    guard kept != .best else {
      throw GraftError(
        .usage, "keep=best chooses by the validation score, and there are no validation images",
        help: "split some off, such as with data FOLDER split=80/20, or leave out keep=")
    }
    guard try !Schedules.type(of: schedule).watchesValidation else {
      throw GraftError(
        .usage,
        "schedule=\(schedule.name) watches the validation loss, and there are no validation images",
        help: "split some off, such as with data FOLDER split=80/20, or use schedule=cosine")
    }
  }

  /// Refuses numbers out of range.
  package func validate() throws {
    func check(_ holds: Bool, _ what: String, _ help: String) throws {
      guard holds else { throw GraftError(.usage, what, help: help) }
    }
    try check(
      (1...100_000).contains(epochs), "\(epochs) epochs cannot be trained", "epochs=5 is usual")
    try check(
      warmupEpochs >= 0 && warmupEpochs < Double(epochs),
      "a warm-up of \(warmupEpochs.shortText) epochs does not fit into \(epochs)",
      "make it shorter than the run")
    try check(
      weightDecay >= 0 && weightDecay < 10, "a decay of \(weightDecay.shortText) is out of range",
      "decay=0.01 is usual")
    try check(
      smoothing >= 0 && smoothing < 1, "smoothing by \(smoothing.shortText) is out of range",
      "smooth=0.1 is usual")
    try check(
      classWeights?.allSatisfy { $0.isFinite && $0 >= 0 } ?? true,
      "class weights must be numbers from 0", "1 counts a class once")
    try check(
      gradientLimit ?? 1 > 0,
      "a gradient limit of \((gradientLimit ?? 0).shortText) stops training",
      "clip=1 is usual")
    try check(
      patience ?? 1 > 0, "a patience of \(patience ?? 0) epochs stops at once",
      "patience=5 is usual")
    try check(
      accumulation ?? 1 > 0, "\(accumulation ?? 0) batches make no update",
      "accumulate counts batches from 1")
    if case .decay(let decay) = averaging {
      try check(
        decay >= 0 && decay < 1, "averages with a decay of \(decay.shortText) do not move",
        "ema=0.99 averages over about 100 updates")
    }
    try check(
      stopAtStep ?? 1 > 0, "stop=\(stopAtStep ?? 0) leaves nothing to train",
      "stop counts updates from 1")
    try check(
      sides?.allSatisfy { (1...4096).contains($0) } ?? true && sides?.isEmpty != true,
      "images of \(sides ?? []) px cannot be trained on", "size=128..224 lets them grow")
    _ = try Optimizers.make(optimizer)
    _ = try Schedules.make(schedule)
  }
}
