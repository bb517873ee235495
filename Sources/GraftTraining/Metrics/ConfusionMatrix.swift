import GraftBase

/// How often each class was taken for each other: rows are true classes, columns predictions.
package struct ConfusionMatrix: Codable, Hashable, Sendable {
  package let classes: [String]
  package let counts: [[Int]]

  package init(classes: [String], labels: [Int], predictions: [Int]) {
    precondition(labels.count == predictions.count, "one prediction per label")
    var counts = classes.map { _ in classes.map { _ in 0 } }
    for (label, prediction) in zip(labels, predictions) { counts[label][prediction] += 1 }
    self.classes = classes
    self.counts = counts
  }

  /// How one class fared against all others.
  package struct ClassScore: Hashable, Sendable {
    package let name: String
    /// Images that are of this class.
    package let support: Int
    /// Of those predicted to be of this class, the part that is; 0 when none was predicted.
    package let precision: Double
    /// Of those of this class, the part that was found; 0 when there are none.
    package let recall: Double

    /// The harmonic mean of precision and recall.
    package var f1: Double {
      precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
    }
  }

  /// One score per class, in class order.
  package var scores: [ClassScore] {
    classes.indices.map { index in
      let hits = Double(counts[index][index])
      let support = counts[index].reduce(0, +)
      let predicted = counts.reduce(0) { $0 + $1[index] }
      return ClassScore(
        name: classes[index], support: support,
        precision: predicted > 0 ? hits / Double(predicted) : 0,
        recall: support > 0 ? hits / Double(support) : 0)
    }
  }

  package var accuracy: Proportion {
    let hits = classes.indices.reduce(0) { $0 + counts[$1][$1] }
    return Proportion(hits, of: counts.joined().reduce(0, +))
  }

  /// The mean F1 of the classes that have images.
  package var macroF1: Double { meanOverPresentClasses(\.f1) }

  /// The mean recall of the classes that have images.
  package var balancedAccuracy: Double { meanOverPresentClasses(\.recall) }

  private func meanOverPresentClasses(_ value: (ClassScore) -> Double) -> Double {
    let present = scores.filter { $0.support > 0 }
    return present.isEmpty ? 0 : present.map(value).reduce(0, +) / Double(present.count)
  }

  /// The confusions that happened, most frequent first, ties in class order.
  package var mostConfused: [(truth: String, prediction: String, count: Int)] {
    var found: [(truth: Int, prediction: Int, count: Int)] = []
    for truth in classes.indices {
      for prediction in classes.indices where truth != prediction && counts[truth][prediction] > 0 {
        found.append((truth, prediction, counts[truth][prediction]))
      }
    }
    found.sort { ($1.count, $0.truth, $0.prediction) < ($0.count, $1.truth, $1.prediction) }
    return found.map { (classes[$0.truth], classes[$0.prediction], $0.count) }
  }
}

extension ConfusionMatrix: CustomStringConvertible {
  /// A table with one row per true class; zeros are dots.
  package var description: String {
    var table = TextTable(
      ofNumbers: ["true \\ predicted"] + classes.map(\.escapingControlCharacters))
    for (name, row) in zip(classes, counts) {
      table.add([name.escapingControlCharacters] + row.map { $0 == 0 ? "·" : String($0) })
    }
    return table.description
  }
}
