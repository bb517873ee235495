/// How well images with a label are told from those without it.
package struct BinaryScores: Hashable, Sendable {
  /// Images with the label that are found, and others that are found all the same.
  package let truePositives: Int
  package let falsePositives: Int
  /// Images with the label, and without it.
  package let positives: Int
  package let negatives: Int

  package init(truePositives: Int, falsePositives: Int, positives: Int, negatives: Int) {
    self.truePositives = truePositives
    self.falsePositives = falsePositives
    self.positives = positives
    self.negatives = negatives
  }

  /// Counts what was found.
  package init(_ found: [Bool], _ truth: [Bool]) {
    precondition(found.count == truth.count, "a label for each image")
    let hits = zip(found, truth).count { $0 && $1 }
    let positives = truth.count { $0 }
    self.init(
      truePositives: hits, falsePositives: found.count { $0 } - hits, positives: positives,
      negatives: truth.count - positives)
  }

  private static func share(_ part: Int, of whole: Int) -> Double {
    whole > 0 ? Double(part) / Double(whole) : 0
  }

  package var precision: Double {
    Self.share(truePositives, of: truePositives + falsePositives)
  }
  package var recall: Double { Self.share(truePositives, of: positives) }
  package var f1: Double {
    Self.share(2 * truePositives, of: truePositives + falsePositives + positives)
  }
  package var accuracy: Double {
    Self.share(truePositives + negatives - falsePositives, of: positives + negatives)
  }
  /// The mean recall of both; twice it less 1 is Youden's J.
  package var balancedAccuracy: Double {
    (recall + Self.share(negatives - falsePositives, of: negatives)) / 2
  }
}
