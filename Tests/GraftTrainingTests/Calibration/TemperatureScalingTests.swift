import Foundation
import GraftBase
import Testing

@testable import GraftTraining

/// Temperatures beside scipy's (make_multilabel.py).
@Suite struct TemperatureScalingTests {
  private typealias Reference = MultiLabelResultTests.Reference

  private static func logits(_ rows: [[Float]], _ truth: [[Bool]], several: Bool) -> ModelLogits {
    let classes = (rows.first ?? []).indices.map { "c\($0)" }
    var logits = ModelLogits(classes: classes, isMultiLabel: several)
    for (row, truth) in zip(rows, truth) { logits.add(row, truth: truth) }
    return logits
  }

  private static func one(_ reference: Reference) -> ModelLogits {
    logits(
      reference.oneLogits, reference.oneLabels.map { label in (0..<4).map { $0 == label } },
      several: false)
  }

  @Test func theTemperatureIsScipys() throws {
    let reference = try fixture("multilabel", as: Reference.self)
    let several = Self.logits(
      reference.logits, reference.truth.map { $0.map { $0 == 1 } }, several: true)
    for (logits, temperature, loss) in [
      (Self.one(reference), reference.oneTemperature, reference.oneLoss),
      (several, reference.temperature, reference.temperedLoss),
    ] {
      let found = try TemperatureScaling(logits).temperature
      #expect(abs(found - temperature) < 1e-6 * temperature)
      let (before, after) = (
        CalibrationScores(logits, temperature: 1), CalibrationScores(logits, temperature: found)
      )
      #expect(abs(after.likelihoodLoss - loss) < 1e-9)
      #expect(after.likelihoodLoss < before.likelihoodLoss)
      let crossFitted = try #require(CalibrationScores(crossFitted: logits, folds: 5, seed: 0))
      #expect(crossFitted.likelihoodLoss > after.likelihoodLoss)
    }
  }

  @Test func whatHasNoBestTemperatureIsRefused() {
    let right = Self.logits([[2, 0], [0, 1]], [[true, false], [false, true]], several: false)
    #expect {
      try TemperatureScaling(right)
    } throws: {
      ($0 as? GraftError)?.message.hasPrefix("all 2 images are predicted correctly") == true
    }
    let wrong = Self.logits([[0, 2], [1, 0]], [[true, false], [false, true]], several: false)
    #expect {
      try TemperatureScaling(wrong)
    } throws: {
      ($0 as? GraftError)?.message.contains("no better than chance") == true
    }
    #expect(CalibrationScores(crossFitted: right, folds: 5, seed: 0) == nil)
  }
}
