import Foundation
import GraftBase
import Testing

@testable import GraftTraining

/// Every registered metric of images beside scikit-learn's (make_fixtures.py, `metrics`).
@Suite struct MetricRegistryTests {
  private struct Reference: Decodable {
    let probabilities: [[Float]]
    let labels: [Int]
    let accuracy, loss, macroF1, balancedAccuracy, calibrationError, kappa, map, auc, brier: Double
  }

  @Test func scoresAreScikitLearns() throws {
    let reference = try fixture("metrics", as: Reference.self)
    var result = EvaluationResult(classes: ["a", "b", "c", "d"])
    for (index, label) in reference.labels.enumerated() {
      let row = reference.probabilities[index]
      result.add(sample: index, label: label, probabilities: row, loss: -log(row[label]))
    }
    let expected = [
      "accuracy": reference.accuracy, "loss": reference.loss, "f1": reference.macroF1,
      "balanced": reference.balancedAccuracy, "calibration": reference.calibrationError,
      // Among four classes the right one is always among five.
      "top5": 1, "kappa": reference.kappa, "map": reference.map, "auc": reference.auc,
      "brier": reference.brier,
    ]
    for (metric, score) in Evaluation.images(result).metrics {
      let value = try #require(expected[metric.name], "no number for \(metric.name)")
      #expect(abs(score.value - value) < 1e-6, "\(metric.name)")
    }
    #expect(Evaluation.images(result).metrics.count == expected.count)
  }

  @Test func namesAndTitlesAreOnesOwn() {
    let names = Metrics.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(Metrics.all.allSatisfy { !$0.summary.isEmpty })
    #expect(
      Metrics.all.filter { !$0.isLargerBetter }.map(\.name)
        == ["hamming", "loss", "brier", "calibration"])
  }

  /// The first metric that an evaluation has is what training shows.
  @Test func accuracyLeadsForImagesAndOverlapForPixels() {
    let images = Evaluation.images(EvaluationResult(classes: ["a", "b"]))
    let pixels = Evaluation.pixels(SegmentationScores(classes: ["a", "b"]))
    #expect(images.metrics.first?.metric.name == "accuracy")
    #expect(pixels.metrics.first?.metric.name == "iou")
    let labels = Evaluation.labels(MultiLabelResult(classes: ["a", "b"]))
    #expect(labels.metrics.first?.metric.name == "map")
    #expect(EpochScores(labels).leadingText?.hasPrefix("map ") == true)
    #expect(EpochScores(images).leadingText?.hasPrefix("accuracy ") == true)
    #expect(EpochScores(pixels).leadingText?.hasPrefix("iou ") == true)
  }

  @Test func theTableHasOneLineAMetric() {
    var result = EvaluationResult(classes: ["a", "b"])
    result.add(sample: 0, label: 1, probabilities: [0.25, 0.75], loss: 0.2877)
    #expect(
      Evaluation.images(result).summary == """
        accuracy     100.0 % (95 %: 20.7 %–100.0 %, 1 of 1)
        balanced     100.0 %
        mAP          100.0 %
        macro F1     100.0 %
        kappa        0.0000
        loss         0.2877
        Brier        0.1250
        calibration  25.0 % expected error
        """)
  }
}
