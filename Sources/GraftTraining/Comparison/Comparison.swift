import GraftBase

/// Ways to train, measured on the same images: their scores with intervals, and which differences these
/// images can tell from chance.
package struct Comparison: Sendable {
  /// One way to train, with one training for each seed.
  package struct Entry: Sendable {
    package let label: String
    package let evaluations: [Evaluation]

    package init(label: String, evaluations: [Evaluation]) {
      precondition(!evaluations.isEmpty, "a way to train without a training")
      self.label = label
      self.evaluations = evaluations
    }

    /// The evaluations of images with one class; nil where others were.
    package var images: [EvaluationResult]? {
      let images = evaluations.compactMap {
        if case .images(let result) = $0 { result } else { nil }
      }
      return images.count == evaluations.count ? images : nil
    }
  }

  /// The score of one way to train.
  package struct Score: Sendable, Hashable {
    /// The mean over its trainings.
    package let value: Double
    /// One for each training.
    package let values: [Double]
    /// Where the true value lies with 95 % confidence; nil where that is not known.
    package let range: ClosedRange<Double>?
  }

  /// How one way to train differs from the best.
  package struct Difference: Sendable, Hashable {
    /// Its score less that of the best.
    package let value: Double
    /// The probability of so large a difference by chance, adjusted for the number of comparisons (Holm,
    /// 1979); nil where there is no test.
    package fileprivate(set) var pValue: Double?
    /// Images that it gets right more often than the best, and less often; nil for pixels.
    package let better: Int?
    package let worse: Int?

    /// Whether these images tell it from chance.
    package var isClear: Bool { pValue.map { $0 < Comparison.significance } ?? false }
  }

  /// The probability of a mistake that is accepted.
  package static let significance = 0.05

  package let metric: any Metric
  package let entries: [Entry]
  package let scores: [Score]
  /// The place of the entry with the best score; of equals the first.
  package let best: Int
  /// The differences from the best; nil for the best itself.
  package let differences: [Difference?]

  /// Compares by `metric`; `seed` addresses the draws of the bootstrap.
  ///
  /// Throws where the metric does not apply, or where evaluations are of other images.
  package init(_ entries: [Entry], by metric: any Metric, seed: UInt64 = 0) throws {
    self.entries = entries
    self.metric = metric
    try Self.requireSameImages(entries)
    let values = try entries.map { entry in
      try entry.evaluations.map { evaluation in
        guard let score = metric.score(of: evaluation) else {
          throw GraftError(
            .failed, "\(entry.label) has no score `\(metric.name)`",
            help: "`evaluate` shows the scores that it has")
        }
        return score.value
      }
    }
    let means = values.map { $0.reduce(0, +) / Double($0.count) }
    let sign: Double = metric.isLargerBetter ? 1 : -1
    let best = means.indices.reduce(0) { sign * means[$1] > sign * means[$0] ? $1 : $0 }
    self.best = best
    let judge = Judge(entries, metric, seed: seed)
    scores = means.indices.map {
      Score(value: means[$0], values: values[$0], range: judge.range(of: $0, mean: means[$0]))
    }
    differences = judge.differences(of: means, from: best)
  }

  /// The images of a comparison.
  package var imageCount: Int { entries.first?.evaluations.first?.count ?? 0 }

  private static func requireSameImages(_ entries: [Entry]) throws {
    guard let first = entries.first else { return }
    let reference = first.evaluations[0]
    for entry in entries {
      for evaluation in entry.evaluations {
        let isSame =
          switch (reference, evaluation) {
          case (.images(let one), .images(let other)):
            one.samples == other.samples && one.labels == other.labels
              && one.classes == other.classes
          case (.labels(let one), .labels(let other)):
            one.samples == other.samples && one.truth == other.truth
              && one.classes == other.classes
          case (.pixels(let one), .pixels(let other)):
            one.count == other.count && one.classes == other.classes
          default: false
          }
        guard isSame else {
          throw GraftError(
            .failed, "\(entry.label) and \(first.label) were not measured on the same images",
            help: "choose the images first, and compare runs of one kind: data FOLDER")
        }
      }
    }
  }
}

/// The statistics of a comparison: exact where a formula is known, else by bootstrap.
private struct Judge {
  private let entries: [Comparison.Entry]
  /// Those of images with one class.
  private let images: [[EvaluationResult]]?
  private let isAccuracy: Bool
  private let bootstrap: Bootstrap?

  init(_ entries: [Comparison.Entry], _ metric: any Metric, seed: UInt64) {
    self.entries = entries
    let images = entries.compactMap(\.images)
    self.images = images.count == entries.count ? images : nil
    isAccuracy = metric is AccuracyMetric
    let evaluations = entries.map(\.evaluations)
    let isOfPixels = evaluations.joined().contains { if case .pixels = $0 { true } else { false } }
    bootstrap =
      isOfPixels || metric is AccuracyMetric
      ? nil : Bootstrap(evaluations, seed: seed) { metric.score(of: $0)?.value ?? .nan }
  }

  func range(of entry: Int, mean: Double) -> ClosedRange<Double>? {
    if let bootstrap { return bootstrap.range(of: entry) }
    guard images != nil else { return nil }
    return Proportion.confidenceRange(of: mean, total: entries[entry].evaluations[0].count)
  }

  func differences(of means: [Double], from best: Int) -> [Comparison.Difference?] {
    var differences = means.indices.map { index in
      index == best ? nil : difference(index, best, means[index] - means[best])
    }
    let places = differences.indices.filter { differences[$0]?.pValue != nil }
    let adjusted = adjustedForMany(places.map { differences[$0]?.pValue ?? 1 })
    for (place, value) in zip(places, adjusted) { differences[place]?.pValue = value }
    return differences
  }

  private func difference(_ index: Int, _ best: Int, _ value: Double) -> Comparison.Difference {
    guard let images, images[index].count == images[best].count else {
      return Comparison.Difference(
        value: value, pValue: bootstrap?.pValue(index, best), better: nil, worse: nil)
    }
    let test = PairedTest(images[index], images[best])
    let pValue = bootstrap?.pValue(index, best) ?? (isAccuracy ? test.pValue : nil)
    return Comparison.Difference(
      value: value, pValue: pValue, better: test.firstBetter, worse: test.secondBetter)
  }
}
