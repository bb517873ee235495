import Foundation
import GraftBase
import GraftModels

/// The scores of a model on a data set, by what it predicts.
package enum Evaluation: Codable, Hashable, Sendable {
  case images(EvaluationResult)
  case labels(MultiLabelResult)
  case pixels(SegmentationScores)

  /// Images.
  package var count: Int {
    switch self {
    case .images(let result): result.count
    case .labels(let result): result.count
    case .pixels(let scores): scores.count
    }
  }

  package var meanLoss: Double {
    switch self {
    case .images(let result): result.meanLoss
    case .labels(let result): result.meanLoss
    case .pixels(let scores): scores.meanLoss
    }
  }

  /// The share of images, of pixels, or of decisions about labels, that are right.
  package var accuracy: Proportion {
    switch self {
    case .images(let result): result.accuracy
    case .labels(let result): result.accuracy
    case .pixels(let scores): scores.accuracy
    }
  }

  /// The mean intersection over union, where pixels were predicted.
  package var meanOverlap: Double? {
    if case .pixels(let scores) = self { scores.meanOverlap } else { nil }
  }

  /// The mean average precision, where any number of labels was predicted.
  package var meanPrecision: Double? {
    if case .labels(let result) = self { result.meanAveragePrecision } else { nil }
  }

  package var classCount: Int {
    switch self {
    case .images(let result): result.classes.count
    case .labels(let result): result.classes.count
    case .pixels(let scores): scores.classes.count
    }
  }

  /// The metrics that it has, with their scores.
  package var metrics: [(metric: any Metric, score: MetricScore)] {
    Metrics.all.compactMap { metric in metric.score(of: self).map { (metric, $0) } }
  }

  /// The scores by the names that `expect` and `--json` know them by.
  package var scores: [(name: String, value: Double)] {
    metrics.flatMap { metric, score in
      [(metric.name, score.value)]
        + score.classes.map { ("\(metric.name).\($0.name)", $0.value) }
    }
  }

  /// An evaluation of one image of each class, which has every score that a model of these classes can
  /// have.
  package static func example(_ task: PredictionTask, classes: [String]) -> Evaluation {
    guard task != .segmentation else { return .pixels(SegmentationScores(classes: classes)) }
    if task == .multiLabel {
      var result = MultiLabelResult(classes: classes)
      for label in classes.indices {
        result.add(
          sample: label, truth: classes.indices.map { $0 == label },
          probabilities: [Float](repeating: 0.5, count: classes.count), loss: 0)
      }
      return .labels(result)
    }
    var result = EvaluationResult(classes: classes)
    let row = [Float](repeating: 1 / Float(max(1, classes.count)), count: classes.count)
    for label in classes.indices {
      result.add(sample: label, label: label, probabilities: row, loss: 0)
    }
    return .images(result)
  }

  /// The overall scores, one per line.
  package var summary: String {
    metrics.map(\.score).filter(\.isShown).map {
      $0.title.padding(toLength: 13, withPad: " ", startingAt: 0) + $0.text
    }.joined(separator: "\n")
  }

  /// One row a class; `width` as `TextTable.rendered` has it.
  package func classTable(width: Int? = nil) -> String {
    switch self {
    case .images(let result): result.classTable(width: width)
    case .labels(let result): result.classTable(width: width)
    case .pixels(let scores): scores.classTable(width: width)
    }
  }
}

extension SegmentationScores {
  /// One row a class: its part of the pixels, IoU, Dice, precision, recall.
  package func classTable(width: Int? = nil) -> String {
    var table = TextTable(ofNumbers: ["class", "pixels", "IoU", "Dice", "precision", "recall"])
    let all = max(1, accuracy.total)
    for score in scores {
      table.add([
        score.name.escapingControlCharacters, (Double(score.truth) / Double(all)).percentText,
        score.overlap.fixedText(4), score.dice.fixedText(4), score.precision.percentText,
        score.recall.percentText,
      ])
    }
    return table.rendered(width: width)
  }
}
