import GraftBase
import GraftEngine
import GraftModels

/// Everything a run needs to continue as if never stopped, bit for bit.
///
/// Rates and momentum are not here: they follow from the step. Nor are random generators: draws are
/// addressed by seed, step and node.
package struct RunState: Sendable {
  /// The counters and records, as JSON in a checkpoint.
  package struct Progress: Codable, Hashable, Sendable {
    /// The epoch in progress, from 0.
    package var epoch = 0
    /// The next batch of that epoch.
    package var batch = 0
    /// Updates made.
    package var step = 0
    package var totals = EpochTotals()
    package var history: [EpochRecord] = []
    /// The index of the best epoch in `history`.
    package var best: Int?
    /// The epochs done when a run that patience had ended was resumed: patience counts from there.
    package var patienceStart: Int?
    /// From what probability on an image has each label, by the last validation; nil for other tasks.
    package var thresholds: [Double]?

    /// Whether they can be those of a run, as a file says: they are added up and used as indices.
    var isSound: Bool {
      let counts =
        [epoch, batch, step, totals.images, totals.correct, totals.judged]
        + history.flatMap { [$0.epoch, $0.step] }
      return counts.allSatisfy(RunState.counts.contains) && totals.correct <= totals.judged
        && best.map(history.indices.contains) ?? true
        && patienceStart.map((0...history.count).contains) ?? true
        && thresholds?.allSatisfy((0...1).contains) ?? true
    }
  }

  /// What a counter of updates, images or pixels may be in a file.
  static let counts = 0...1 << 40

  package var progress: Progress
  /// Where in its phases the run stands.
  package var place: RunPlace
  package var policy: Policy
  package var settings: TrainingSettings
  /// What the run was made from, by name; compared on resume.
  package var identity: [String: String]
  /// All parameters, statistics included, in the engine's layout.
  package var weights: [String: Tensor]
  package var optimizer: [String: Optimizer.State]
  /// The changing parameters after the best epoch; empty when no end needs them.
  package var bestWeights: [String: Tensor]
  /// Moving averages of the trainable parameters; empty where they are not averaged.
  package var averages: [String: Tensor] = [:]
  /// The model's description in the file that the state came from, by the keys of model files.
  package var model: [String: String] = [:]

  /// The same with averages for weights, where there are any: what its scores are of.
  package var averaged: RunState {
    var result = self
    result.weights.merge(averages) { $1 }
    return result
  }

  /// Gives a model the weights; throws when one has another shape or is missing.
  package func fill(_ model: Model) throws {
    for parameter in model.parameters {
      guard let value = weights[parameter.name], value.shape == parameter.value.shape else {
        throw GraftError(
          .input, "the checkpoint does not fit the model at '\(parameter.name)'",
          help: "it is damaged or of another version; `runs all` lists others")
      }
      parameter.slice.copy(from: value.slice)
      parameter.markChanged()
    }
    let thresholds = progress.thresholds
    model.calibration = Calibration(
      thresholds: thresholds?.count == model.classes.count ? thresholds : nil)
  }

  /// Updates in the weights, over all phases.
  package var stepsDone: Int { place.stepsBefore + progress.step }
}

/// Where a run of several phases stands.
package struct RunPlace: Codable, Hashable, Sendable {
  /// The phase in progress, from 0.
  package var phase = 0
  /// Updates of the phases before it.
  package var stepsBefore = 0

  package init(phase: Int = 0, stepsBefore: Int = 0) {
    self.phase = phase
    self.stepsBefore = stepsBefore
  }
}

/// Sums over the batches of an unfinished epoch.
package struct EpochTotals: Codable, Hashable, Sendable {
  package var images = 0
  /// Labels predicted correctly, and their number: one per image, or one per pixel.
  package var correct = 0
  package var judged = 0
  package var loss = 0.0

  package init() {}

  package var meanLoss: Double { images == 0 ? 0 : loss / Double(images) }
}

extension Tensor {
  /// A tensor with memory of its own and the same values.
  func copied() -> Tensor {
    let copy = Tensor(shape)
    copy.slice.copy(from: slice)
    return copy
  }

  /// Lends the values as they lie in memory, in the byte order of files.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(storage) { try body(UnsafeRawBufferPointer(slice.buffer)) }
  }
}
