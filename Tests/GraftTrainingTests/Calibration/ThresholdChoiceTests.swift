import GraftBase
import GraftModels
import Testing

@testable import GraftTraining

/// Thresholds for two classes beside scikit-learn's curves and scores (make_thresholds.py).
@Suite struct ThresholdChoiceTests {
  private struct Reference: Decodable {
    struct Best: Decodable {
      let place: Int
      let goal: String
      let cut, best, f1, precision, recall, balanced, accuracy: Double
    }

    let logits: [[Float]]
    let labels: [Int]
    let best: [Best]
    let halfF1, halfBalanced: Double

    var modelLogits: ModelLogits {
      var result = ModelLogits(classes: ["ants", "bees"], isMultiLabel: false)
      for (row, label) in zip(logits, labels) { result.add(row, truth: [label == 0, label == 1]) }
      return result
    }
  }

  @Test func thresholdsAreScikitLearns() throws {
    let reference = try fixture("thresholds", as: Reference.self)
    let logits = reference.modelLogits
    for best in reference.best {
      let goal = try #require(ThresholdChoice.Goal(rawValue: best.goal))
      let choice = try ThresholdChoice(goal, ofClass: best.place, logits, folds: 5, seed: 0)
      #expect(abs(goal.value(choice.after) - best.best) < 1e-12, "\(best)")
      let found: [(Double, Double)] = [
        (choice.after.f1, best.f1), (choice.after.precision, best.precision),
        (choice.after.recall, best.recall), (choice.after.balancedAccuracy, best.balanced),
        (choice.after.accuracy, best.accuracy),
      ]
      #expect(found.allSatisfy { abs($0 - $1) < 1e-12 }, "\(best)")
      // Halfway from the highest probability with the best score to the next lower one.
      let scores = logits.probabilities(ofClass: best.place).map(Double.init)
      let next = scores.filter { $0 < best.cut }.max() ?? 0
      #expect(abs(choice.threshold - (best.cut + next) / 2) < 1e-9, "\(best)")
      let crossFitted = try #require(choice.crossFitted)
      #expect(goal.value(crossFitted) <= goal.value(choice.after))
    }
    let half = ThresholdChoice(given: 0.5, ofClass: 1, logits).before
    #expect(abs(half.f1 - reference.halfF1) < 1e-12)
    #expect(abs(half.balancedAccuracy - reference.halfBalanced) < 1e-12)
  }

  @Test func predictionsFollowTheThreshold() throws {
    let reference = try fixture("thresholds", as: Reference.self)
    let logits = reference.modelLogits
    let choice = try ThresholdChoice(.f1, ofClass: 1, logits, folds: 5, seed: 0)
    var result = EvaluationResult(
      classes: logits.classes,
      decision: DecisionThreshold(place: 1, threshold: choice.threshold))
    let own = logits.probabilities(ofClass: 1)
    for (image, label) in reference.labels.enumerated() {
      result.add(
        sample: image, label: label, probabilities: [1 - own[image], own[image]], loss: 0)
    }
    let found = BinaryScores(result.predictions.map { $0 == 1 }, reference.labels.map { $0 == 1 })
    #expect(found == choice.after)
    #expect(abs(result.accuracy.value - choice.after.accuracy) < 1e-12)
    // The calibration error is of probabilities, whatever is predicted.
    var plain = result
    plain.decision = nil
    #expect(result.calibrationError() == plain.calibrationError())
    #expect(result.predictions != plain.predictions)
  }

  @Test func imagesOfOneClassHaveNoThreshold() {
    var logits = ModelLogits(classes: ["ants", "bees"], isMultiLabel: false)
    for score in 0..<4 { logits.add([0, Float(score)], truth: [false, true]) }
    #expect {
      try ThresholdChoice(.f1, ofClass: 1, logits, folds: 5, seed: 0)
    } throws: {
      ($0 as? GraftError)?.message.hasPrefix("all 4 validation images are of bees") == true
    }
  }
}
