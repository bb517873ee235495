import Foundation
import Testing

@testable import GraftTraining

@Suite struct EvaluationResultTests {
  private struct Reference: Decodable {
    let probabilities: [[Float]]
    let labels: [Int]
    let accuracy, top2, loss, macroF1, balancedAccuracy, calibrationError: Double
    let precision, recall, f1: [Double]
    let support: [Int]
    let confusion: [[Int]]
  }

  private func load() throws -> (Reference, EvaluationResult) {
    let reference = try fixture("metrics", as: Reference.self)
    var result = EvaluationResult(classes: ["a", "b", "c", "d"])
    for (index, label) in reference.labels.enumerated() {
      let row = reference.probabilities[index]
      result.add(sample: index, label: label, probabilities: row, loss: -log(row[label]))
    }
    return (reference, result)
  }

  @Test func scoresEqualScikitLearn() throws {
    let (expected, result) = try load()
    #expect(abs(result.accuracy.value - expected.accuracy) < 1e-12)
    #expect(abs(result.topAccuracy(2).value - expected.top2) < 1e-12)
    #expect(result.topAccuracy(4).value == 1)
    #expect(abs(result.meanLoss - expected.loss) < 1e-6)
    #expect(abs(result.calibrationError() - expected.calibrationError) < 1e-9)
    let confusion = result.confusion
    #expect(confusion.counts == expected.confusion)
    #expect(abs(confusion.macroF1 - expected.macroF1) < 1e-12)
    #expect(abs(confusion.balancedAccuracy - expected.balancedAccuracy) < 1e-12)
    #expect(confusion.accuracy == result.accuracy)
    for (index, score) in confusion.scores.enumerated() {
      #expect(score.support == expected.support[index])
      #expect(abs(score.precision - expected.precision[index]) < 1e-12)
      #expect(abs(score.recall - expected.recall[index]) < 1e-12)
      #expect(abs(score.f1 - expected.f1[index]) < 1e-12)
    }
  }

  @Test func mostConfusedAreSortedByCount() {
    let matrix = ConfusionMatrix(
      classes: ["ant", "bee", "cat"], labels: [0, 0, 0, 1, 2, 2], predictions: [1, 1, 0, 2, 1, 2])
    let found = matrix.mostConfused.map { "\($0.truth)→\($0.prediction) \($0.count)" }
    #expect(found == ["ant→bee 2", "bee→cat 1", "cat→bee 1"])
    #expect(
      matrix.description == """
        true \\ predicted  ant  bee  cat
        ant                 1    2    ·
        bee                 ·    ·    1
        cat                 ·    1    1
        """)
  }

  // References: scipy.stats.binomtest(k, n).proportion_ci(method="wilson").
  @Test(arguments: [
    (45, 60, 0.6276792992295218, 0.8422347746994333), (0, 7, 0, 0.35433043506668743),
  ])
  func wilsonIntervalEqualsScipy(count: Int, total: Int, low: Double, high: Double) {
    let range = Proportion(count, of: total).confidenceRange
    #expect(abs(range.lowerBound - low) < 1e-12)
    #expect(abs(range.upperBound - high) < 1e-12)
  }

  @Test func aPairedTestOfNothingAndOfThousands() {
    #expect(PairedTest(onlyFirst: 0, onlySecond: 0).pValue == 1)
    #expect(PairedTest(onlyFirst: 2000, onlySecond: 3000).pValue < 1e-40)
  }

  @Test func nothingEvaluatedHasNoNaN() {
    let empty = EvaluationResult(classes: ["a", "b"])
    #expect(empty.accuracy.value == 0 && empty.meanLoss == 0 && empty.calibrationError() == 0)
    #expect(empty.accuracy.confidenceRange == 0...1)
  }
}
