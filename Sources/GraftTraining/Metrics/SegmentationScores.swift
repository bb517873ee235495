import GraftBase
import GraftKernels

/// A model's predictions for each pixel of a data set, counted, and the scores computed from them.
package struct SegmentationScores: Codable, Hashable, Sendable {
  package let classes: [String]
  /// Images, each counted once.
  package private(set) var count = 0
  /// Pixels of true class (row) taken for each class (column), row-major.
  package private(set) var confusion: [Int64]
  /// Of two classes: pixels of each by steps of the difference of their logits.
  package private(set) var histogram: [Int64]
  private var lossSum = 0.0
  private var lossCount = 0
  private var lastSample: Int?

  /// No images yet.
  package init(classes: [String]) {
    self.classes = classes
    confusion = [Int64](repeating: 0, count: classes.count * classes.count)
    histogram =
      classes.count == 2 ? [Int64](repeating: 0, count: 2 * Int(GRAFT_SCORE_BINS)) : []
  }

  /// Adds an image or a part of one; parts of an image come one after the other.
  ///
  /// `logits` are [pixels, classes], `labels` [pixels] as in `SegmentationLossOp`.
  package mutating func add(sample: Int, logits: Slice, labels: Slice, loss: Float) {
    precondition(logits.count == labels.count * classes.count, "a label for each pixel")
    if sample != lastSample { count += 1 }
    lastSample = sample
    lossSum += Double(loss)
    lossCount += 1
    let classCount = Int32(classes.count)
    confusion.withUnsafeMutableBufferPointer { confusion in
      histogram.withUnsafeMutableBufferPointer { histogram in
        graft_dense_count(
          logits.pointer, labels.pointer, labels.count, classCount, confusion.baseAddress,
          histogram.isEmpty ? nil : histogram.baseAddress)
      }
    }
  }

  /// Mean loss of the images, 0 of none.
  package var meanLoss: Double { lossCount == 0 ? 0 : lossSum / Double(lossCount) }

  private func pixels(_ truth: Int, as prediction: Int) -> Int {
    Int(confusion[truth * classes.count + prediction])
  }

  /// How one class fared.
  package struct ClassScore: Hashable, Sendable {
    package let name: String
    /// Pixels of this class, pixels predicted as it, and pixels that are both.
    package let truth: Int
    package let predicted: Int
    package let hits: Int

    private func share(_ count: Int, of total: Int) -> Double {
      total > 0 ? Double(count) / Double(total) : 0
    }

    package var precision: Double { share(hits, of: predicted) }
    package var recall: Double { share(hits, of: truth) }
    /// Intersection over union (Jaccard, 1901).
    package var overlap: Double { share(hits, of: truth + predicted - hits) }
    /// Twice the intersection over the sum of both (Dice, 1945): F1 of the pixels.
    package var dice: Double { share(2 * hits, of: truth + predicted) }
    /// Whether it occurs or was predicted.
    package var isPresent: Bool { truth + predicted > 0 }
  }

  package var scores: [ClassScore] {
    classes.indices.map { index in
      ClassScore(
        name: classes[index],
        truth: classes.indices.reduce(0) { $0 + pixels(index, as: $1) },
        predicted: classes.indices.reduce(0) { $0 + pixels($1, as: index) },
        hits: pixels(index, as: index))
    }
  }

  /// The share of pixels whose class was predicted correctly.
  package var accuracy: Proportion {
    Proportion(
      classes.indices.reduce(0) { $0 + pixels($1, as: $1) }, of: Int(confusion.reduce(0, +)))
  }

  /// The mean over the classes that occur or were predicted.
  package var meanOverlap: Double { mean(\.overlap) }
  package var meanDice: Double { mean(\.dice) }

  private func mean(_ value: (ClassScore) -> Double) -> Double {
    let present = scores.filter(\.isPresent)
    return present.isEmpty ? 0 : present.map(value).reduce(0, +) / Double(present.count)
  }

  /// Area under the ROC curve of the second of two classes.
  ///
  /// How often a pixel of it scores higher than one of the first, ties counting half. Nil for other numbers of classes, and where
  /// one has no pixels.
  package var areaUnderCurve: Double? {
    guard !histogram.isEmpty else { return nil }
    let bins = histogram.count / 2
    var below = 0.0
    var area = 0.0
    for bin in 0..<bins {
      let (negative, positive) = (Double(histogram[bin]), Double(histogram[bins + bin]))
      area += positive * (below + negative / 2)
      below += negative
    }
    let positives = Double(histogram[bins...].reduce(0, +))
    return below > 0 && positives > 0 ? area / (below * positives) : nil
  }
}
