import Foundation
import GraftModels

/// A model's predictions for each image of a data set, and the scores computed from them.
package struct EvaluationResult: Codable, Hashable, Sendable {
  package let classes: [String]
  /// Stable indices of the images in their data set, in the order of evaluation.
  package private(set) var samples: [Int]
  package private(set) var labels: [Int]
  /// Class probabilities [images, classes], row-major.
  package private(set) var probabilities: [Float]
  /// Plain cross-entropy per image: no smoothing, no mixing.
  package private(set) var losses: [Float]
  /// What decides between two classes; nil is the more probable one.
  package var decision: DecisionThreshold?

  /// No images yet.
  package init(classes: [String], decision: DecisionThreshold? = nil) {
    self.classes = classes
    self.decision = decision
    samples = []
    labels = []
    probabilities = []
    losses = []
  }

  /// Adds one image.
  package mutating func add(sample: Int, label: Int, probabilities row: [Float], loss: Float) {
    precondition(row.count == classes.count && classes.indices.contains(label), "other classes")
    samples.append(sample)
    labels.append(label)
    probabilities += row
    losses.append(loss)
  }

  package var count: Int { labels.count }

  /// The probabilities of one image.
  package func probabilities(at index: Int) -> ArraySlice<Float> {
    probabilities[index * classes.count..<(index + 1) * classes.count]
  }

  /// The class that is predicted of each image: the most probable one, unless a threshold decides.
  package var predictions: [Int] {
    guard let decision else { return mostProbable }
    return (0..<count).map { decision.prediction(probabilities(at: $0)) }
  }

  /// The most probable class of each image; the first of equals.
  package var mostProbable: [Int] {
    (0..<count).map { index in
      let row = probabilities(at: index)
      var best = row.startIndex
      for place in row.indices where row[place] > row[best] { best = place }
      return best - row.startIndex
    }
  }

  package var isCorrect: [Bool] {
    zip(predictions, labels).enumerated().map { index, pair in
      pair.0 == pair.1 && probabilities(at: index).allSatisfy(\.isFinite)
    }
  }

  package var accuracy: Proportion { Proportion(isCorrect.count { $0 }, of: count) }

  /// The share of images whose class is among the `k` most probable.
  package func topAccuracy(_ k: Int) -> Proportion {
    let hits = (0..<count).count { index in
      let row = Array(probabilities(at: index))
      let own = row[labels[index]]
      guard own.isFinite else { return false }
      let ahead = row.indices.count { place in
        row[place] > own || (row[place] == own && place < labels[index])
      }
      return ahead < k
    }
    return Proportion(hits, of: count)
  }

  /// Mean plain cross-entropy, 0 of nothing.
  package var meanLoss: Double {
    count == 0 ? 0 : losses.reduce(0.0) { $0 + Double($1) } / Double(count)
  }

  package var confusion: ConfusionMatrix {
    ConfusionMatrix(classes: classes, labels: labels, predictions: predictions)
  }

  /// Expected calibration error over equally wide bins of confidence (Guo et al., 2017).
  ///
  /// The mean distance between how sure the model was and how often it was right.
  package func calibrationError(bins: Int = 15) -> Double {
    guard count > 0 else { return 0 }
    var confidences = [Double](repeating: 0, count: bins)
    var hits = [Double](repeating: 0, count: bins)
    // Of the more probable class, whatever a threshold decides: it is probabilities that are judged.
    for (index, prediction) in mostProbable.enumerated() {
      let confidence = Double(probabilities(at: index).max() ?? 0)
      let isCorrect = prediction == labels[index]
      guard confidence.isFinite else { return .nan }
      let bin = min(bins - 1, Int(confidence * Double(bins)))
      confidences[bin] += confidence
      hits[bin] += isCorrect ? 1 : 0
    }
    return zip(confidences, hits).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(count)
  }
}
