import Foundation
import GraftBase

/// A model's predictions of any number of labels for each image of a data set, and the scores computed
/// from them.
package struct MultiLabelResult: Codable, Hashable, Sendable {
  package let classes: [String]
  /// Stable indices of the images in their data set, in the order of evaluation.
  package private(set) var samples: [Int] = []
  /// Which labels the images have [images, classes], row-major.
  package private(set) var truth: [Bool] = []
  /// The probability of each label [images, classes].
  package private(set) var probabilities: [Float] = []
  /// Plain binary cross-entropy per image, the mean over classes: no smoothing, no mixing, no weights.
  package private(set) var losses: [Float] = []
  /// From what probability on an image is predicted to have a label, by class.
  package var thresholds: [Double]

  /// No images yet; nil decides at one half.
  package init(classes: [String], thresholds: [Double]? = nil) {
    self.classes = classes
    self.thresholds = thresholds ?? [Double](repeating: 0.5, count: classes.count)
  }

  /// Adds one image.
  package mutating func add(
    sample: Int, truth row: [Bool], probabilities values: [Float], loss: Float
  ) {
    precondition(row.count == classes.count && values.count == classes.count, "other classes")
    samples.append(sample)
    truth += row
    probabilities += values
    losses.append(loss)
  }

  package var count: Int { samples.count }

  /// Which labels are predicted [images, classes].
  package var predictions: [Bool] {
    probabilities.indices.map { Double(probabilities[$0]) >= thresholds[$0 % classes.count] }
  }

  /// The curve of each class.
  package var curves: [(name: String, curve: RankingCurve)] {
    classes.indices.map { place in
      let places = (0..<count).map { $0 * classes.count + place }
      return (
        classes[place],
        RankingCurve(places.map { probabilities[$0] }, places.map { truth[$0] })
      )
    }
  }

  /// The mean average precision of the labels that occur; 0 where none does.
  package var meanAveragePrecision: Double { curves.compactMap(\.curve.averagePrecision).mean }

  /// The thresholds with the best F1 on these images; one half for labels that do not occur.
  package var bestThresholds: [Double] { curves.map { $0.curve.bestThreshold ?? 0.5 } }

  /// How one label fared.
  package struct LabelScore: Hashable, Sendable {
    package let name: String
    /// Images that have it, images predicted to, and images that are both.
    package let support: Int
    package let predicted: Int
    package let hits: Int
    package let threshold: Double
    /// Nil where no image has it.
    package let averagePrecision: Double?

    private func share(_ count: Int, of total: Int) -> Double {
      total > 0 ? Double(count) / Double(total) : 0
    }

    package var precision: Double { share(hits, of: predicted) }
    package var recall: Double { share(hits, of: support) }
    package var f1: Double { share(2 * hits, of: support + predicted) }
  }

  package var scores: [LabelScore] {
    let predictions = predictions
    let curves = curves
    return classes.indices.map { place in
      let places = (0..<count).map { $0 * classes.count + place }
      return LabelScore(
        name: classes[place], support: places.count { truth[$0] },
        predicted: places.count { predictions[$0] },
        hits: places.count { truth[$0] && predictions[$0] }, threshold: thresholds[place],
        averagePrecision: curves[place].curve.averagePrecision)
    }
  }

  /// The share of decisions about a label of an image that are right: 1 less the Hamming loss.
  package var accuracy: Proportion {
    let predictions = predictions
    return Proportion(truth.indices.count { truth[$0] == predictions[$0] }, of: truth.count)
  }

  /// The share of images all of whose labels are right, and none beside them.
  package var exactMatches: Proportion {
    let predictions = predictions
    let hits = (0..<count).count { image in
      let row = image * classes.count..<(image + 1) * classes.count
      return truth[row] == predictions[row]
    }
    return Proportion(hits, of: count)
  }

  /// Mean plain loss, 0 of nothing.
  package var meanLoss: Double { losses.map(Double.init).mean }

  /// Expected calibration error over equally wide bins of the probabilities of all labels together.
  package func calibrationError(bins: Int = 15) -> Double {
    guard count > 0 else { return 0 }
    var (sums, hits) = ([Double](repeating: 0, count: bins), [Double](repeating: 0, count: bins))
    for (value, isThere) in zip(probabilities, truth) {
      let bin = min(bins - 1, Int(Double(value) * Double(bins)))
      sums[bin] += Double(value)
      hits[bin] += isThere ? 1 : 0
    }
    return zip(sums, hits).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(truth.count)
  }

  /// One row per label: images, threshold, AP, precision, recall, F1.
  package func classTable(width: Int? = nil) -> String {
    var table = TextTable(
      ofNumbers: ["label", "images", "AP", "threshold", "precision", "recall", "F1"])
    for score in scores {
      table.add([
        score.name.escapingControlCharacters, String(score.support),
        score.averagePrecision?.percentText ?? "–", score.threshold.fixedText(3),
        score.precision.percentText, score.recall.percentText, score.f1.percentText,
      ])
    }
    return table.rendered(width: width)
  }

  /// The images at these places, as often as they are named.
  func choosing(_ places: [Int]) -> MultiLabelResult {
    var result = MultiLabelResult(classes: classes, thresholds: thresholds)
    for place in places {
      let row = place * classes.count..<(place + 1) * classes.count
      result.add(
        sample: samples[place], truth: Array(truth[row]), probabilities: Array(probabilities[row]),
        loss: losses[place])
    }
    return result
  }

  /// Probabilities averaged with those of other views of the same images, as `EvaluationResult.averaged`.
  package func averaged(with others: [MultiLabelResult], ownShare: Float) -> MultiLabelResult {
    precondition(others.allSatisfy { $0.samples == samples }, "views of other images")
    guard !others.isEmpty else { return self }
    let share = (1 - ownShare) / Float(others.count)
    var result = self
    for place in probabilities.indices {
      result.probabilities[place] =
        others.reduce(probabilities[place] * ownShare) { $0 + $1.probabilities[place] * share }
    }
    result.losses = (0..<count).map { image in
      let row = image * classes.count..<(image + 1) * classes.count
      return Self.loss(
        Array(truth[row]), result.probabilities[row].map(Double.init))
    }
    return result
  }

  /// The plain loss of one image.
  package static func loss(_ truth: [Bool], _ probabilities: [Double]) -> Float {
    let sum = zip(truth, probabilities).reduce(0.0) { sum, pair in
      sum - log(max(pair.0 ? pair.1 : 1 - pair.1, 1e-30))
    }
    return Float(sum / Double(max(1, truth.count)))
  }
}

extension [Double] {
  /// The mean, 0 of nothing.
  var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }
}
