import Foundation
import GraftBase
import Testing

@testable import GraftTraining

/// Scores of any number of labels beside scikit-learn's (make_multilabel.py).
@Suite struct MultiLabelResultTests {
  struct Reference: Decodable {
    let truth: [[Int]]
    let logits, probabilities: [[Float]]
    let thresholds, ap: [Double]
    let map, auc, f1, microf1, exact, hamming, loss, brier, calibration: Double
    let best, roc: [[Double]]
    let oneLogits: [[Float]]
    let oneLabels: [Int]
    let oneTemperature, oneLoss, temperature, temperedLoss: Double
  }

  private static func result() throws -> (Reference, MultiLabelResult) {
    let reference = try fixture("multilabel", as: Reference.self)
    var result = MultiLabelResult(
      classes: ["a", "b", "c", "d", "e"], thresholds: reference.thresholds)
    for (index, row) in reference.truth.enumerated() {
      let truth = row.map { $0 == 1 }
      let values = reference.probabilities[index]
      result.add(
        sample: index, truth: truth, probabilities: values,
        loss: MultiLabelResult.loss(truth, values.map(Double.init)))
    }
    return (reference, result)
  }

  @Test func scoresAreScikitLearns() throws {
    let (reference, result) = try Self.result()
    let expected = [
      "map": reference.map, "auc": reference.auc, "f1": reference.f1,
      "microf1": reference.microf1, "exact": reference.exact, "hamming": reference.hamming,
      "loss": reference.loss, "brier": reference.brier, "calibration": reference.calibration,
    ]
    let metrics = Evaluation.labels(result).metrics
    for (metric, score) in metrics {
      let value = try #require(expected[metric.name], "no number for \(metric.name)")
      #expect(abs(score.value - value) < 1e-6, "\(metric.name)")
    }
    #expect(metrics.count == expected.count)
    let precisions = result.scores.map { $0.averagePrecision ?? -1 }
    #expect(zip(precisions, reference.ap).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  @Test func curvesHaveScikitLearnsPoints() throws {
    let (reference, result) = try Self.result()
    let curve = result.curves[0].curve
    // scikit-learn's first point is that of no prediction.
    let (rates, recalls) = (reference.roc[0].dropFirst(), reference.roc[1].dropFirst())
    #expect(curve.points.count == rates.count)
    #expect(zip(curve.points, rates).allSatisfy { abs(curve.falsePositiveRate($0) - $1) < 1e-12 })
    #expect(zip(curve.points, recalls).allSatisfy { abs(curve.recall($0) - $1) < 1e-12 })
    let table = Evaluation.labels(result).curveTable.split(separator: "\n")
    #expect(table.count == 1 + result.curves.reduce(0) { $0 + $1.curve.points.count })
  }

  @Test func thresholdsHaveTheBestF1() throws {
    var (reference, result) = try Self.result()
    result.thresholds = result.bestThresholds
    for (place, score) in result.scores.enumerated() {
      #expect(abs(score.f1 - reference.best[place][0]) < 1e-12)
      // Halfway to the next score below the one from which on labels are predicted.
      let values = reference.probabilities.map { Double($0[place]) }
      let below = values.filter { $0 < reference.best[place][1] }.max() ?? 0
      #expect(abs(score.threshold - (reference.best[place][1] + below) / 2) < 1e-7)
    }
  }

  @Test func aLabelThatNoImageHasDoesNotCount() {
    var result = MultiLabelResult(classes: ["a", "b"])
    result.add(sample: 0, truth: [true, false], probabilities: [0.9, 0.2], loss: 0)
    result.add(sample: 1, truth: [false, false], probabilities: [0.1, 0.8], loss: 0)
    #expect(result.meanAveragePrecision == 1)
    #expect(abs(result.bestThresholds[0] - 0.5) < 1e-6 && result.bestThresholds[1] == 0.5)
    #expect(result.scores[1].averagePrecision == nil)
    #expect(result.exactMatches.count == 1 && result.accuracy.count == 3)
  }

  @Test func theBestEpochHasTheBestMeanPrecision() {
    func record(_ precision: Double, loss: Double) -> EpochRecord {
      EpochRecord(
        epoch: 1, step: 1, trainLoss: 1, trainAccuracy: Proportion(1, of: 2), validationLoss: loss,
        validationAccuracy: nil, validationMeanPrecision: precision)
    }
    #expect(record(0.5, loss: 2).isBetter(than: record(0.4, loss: 1)))
    #expect(record(0.5, loss: 1).isBetter(than: record(0.5, loss: 2)))
    #expect(!record(0.5, loss: .nan).isBetter(than: record(0.4, loss: 1)))
    #expect(record(0.5, loss: 1).validationScore == 0.5)
  }
}
