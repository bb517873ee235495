import GraftBase
import GraftModels

/// A threshold for one of two classes, and what it changes on the images that it was found by.
package struct ThresholdChoice: Sendable {
  /// What a threshold is to be best at.
  package enum Goal: String, WordChoice {
    /// Of the class that the threshold is of.
    case f1
    /// The mean recall of both classes; what is best at it is best at Youden's J.
    case balanced
    case accuracy

    /// Of one point of the curve of a class.
    func value(_ scores: BinaryScores) -> Double {
      switch self {
      case .f1: scores.f1
      case .balanced: scores.balancedAccuracy
      case .accuracy: scores.accuracy
      }
    }
  }

  /// Of probabilities at a temperature of 1.
  package let threshold: Double
  /// By the more probable class, and by the threshold.
  package let before: BinaryScores
  package let after: BinaryScores
  /// Each image by a threshold that was found without its part; nil where a part has no such threshold, or the
  /// threshold was given.
  package let crossFitted: BinaryScores?

  /// Finds the best threshold of a class, 0 or 1; throws where all images are of one class.
  package init(
    _ goal: Goal, ofClass place: Int, _ logits: ModelLogits, folds: Int, seed: UInt64
  ) throws {
    let (scores, truth) = (logits.probabilities(ofClass: place), logits.truth(ofClass: place))
    guard let found = Self.best(goal, scores, truth) else {
      let label = logits.labels.first.map { "of \(logits.classes[$0])" } ?? "there"
      throw GraftError(
        .failed,
        "all \(logits.count) validation images are \(label.escapingControlCharacters), and a threshold is "
          + "found by images of both classes",
        help: "choose another split: data PATH split=80/20")
    }
    threshold = found
    before = Self.atHalf(scores, truth, place)
    after = BinaryScores(scores.map { Double($0) >= found }, truth)
    crossFitted = Self.crossFitted(
      goal, scores, truth, StratifiedFolds.folds(logits.labels, count: folds, seed: seed), folds)
  }

  /// A threshold that was given.
  package init(given threshold: Double, ofClass place: Int, _ logits: ModelLogits) {
    let (scores, truth) = (logits.probabilities(ofClass: place), logits.truth(ofClass: place))
    self.threshold = threshold
    before = Self.atHalf(scores, truth, place)
    after = BinaryScores(scores.map { Double($0) >= threshold }, truth)
    crossFitted = nil
  }

  /// Of equally probable classes the first is predicted.
  private static func atHalf(_ scores: [Float], _ truth: [Bool], _ place: Int) -> BinaryScores {
    BinaryScores(scores.map { place == 0 ? $0 >= 0.5 : $0 > 0.5 }, truth)
  }

  private static func best(_ goal: Goal, _ scores: [Float], _ truth: [Bool]) -> Double? {
    let curve = RankingCurve(scores, truth)
    guard curve.positives > 0, curve.negatives > 0 else { return nil }
    return curve.bestThreshold { goal.value(curve.scores(at: $0)) }
  }

  private static func crossFitted(
    _ goal: Goal, _ scores: [Float], _ truth: [Bool], _ folds: [Int], _ count: Int
  ) -> BinaryScores? {
    var found: [Double] = []
    for fold in 0..<count {
      let others = folds.indices.filter { folds[$0] != fold }
      guard let threshold = best(goal, others.map { scores[$0] }, others.map { truth[$0] }) else {
        return nil
      }
      found.append(threshold)
    }
    return BinaryScores(
      scores.indices.map { Double(scores[$0]) >= found[folds[$0]] }, truth)
  }
}

extension ModelLogits {
  /// Whether each image is of a class.
  fileprivate func truth(ofClass place: Int) -> [Bool] {
    (0..<count).map { truth[$0 * classes.count + place] }
  }
}
