import Foundation
import GraftBase
import Testing

@testable import GraftTraining

@Suite struct ComparisonTests {
  /// An evaluation in which the images named are wrong.
  private func evaluation(
    _ count: Int, wrong: Set<Int>, classes: Int = 2, confidence: Float = 0.9
  ) -> EvaluationResult {
    var result = EvaluationResult(classes: (0..<classes).map { "class \($0)" })
    for image in 0..<count {
      let label = image % classes
      let predicted = wrong.contains(image) ? (label + 1) % classes : label
      var row = [Float](repeating: (1 - confidence) / Float(classes - 1), count: classes)
      row[predicted] = confidence
      result.add(sample: image, label: label, probabilities: row, loss: 0.1)
    }
    return result
  }

  private func entry(_ label: String, _ count: Int, wrong: [Set<Int>]) -> Comparison.Entry {
    Comparison.Entry(
      label: label, evaluations: wrong.map { .images(evaluation(count, wrong: $0)) })
  }

  /// scipy.stats.binomtest(min, n, 0.5).pvalue.
  @Test(arguments: [
    (3, 9, 0.14599609375), (0, 6, 0.03125), (19, 6, 0.01463329792022705), (4, 4, 1.0),
    (120, 160, 0.019606727290281328),
  ])
  func oneTrainingEachIsMcNemarsTest(_ first: Int, _ second: Int, _ expected: Double) {
    let test = PairedTest(onlyFirst: first, onlySecond: second)
    #expect(abs(test.pValue - expected) < 1e-9 * max(1, expected))
    #expect(test.firstBetter == first && test.secondBetter == second)
  }

  /// All signs of up to 11 differences, one by one.
  @Test(arguments: [
    [3, 3, -1, 2, 1], [1, 1, 1, -1, 2, 2, -3], [2, 2, 2, 2], [5, -4, 3, -2, 1, 1, 1, 1, 2, 3],
    [1, -1], [3], [], [0, 0, 2, -2, 1, 3, 3, -1, 1, 2, 2],
  ])
  func severalTrainingsCountEverySign(_ differences: [Int]) {
    let nonzero = differences.filter { $0 != 0 }
    let observed = abs(nonzero.reduce(0, +))
    var extreme = 0
    for signs in 0..<1 << nonzero.count {
      let sum = nonzero.enumerated().reduce(0) {
        $0 + (signs >> $1.offset & 1 == 1 ? abs($1.element) : -abs($1.element))
      }
      if abs(sum) >= observed { extreme += 1 }
    }
    let expected = Double(extreme) / Double(1 << nonzero.count)
    #expect(abs(PairedTest(differences: differences).pValue - expected) < 1e-12)
  }

  @Test func beyondWhatIsCountedTheNormalDistributionIsClose() {
    func approximation(_ differences: [Int]) -> Double {
      let variance = differences.reduce(0.0) { $0 + Double($1 * $1) }
      return erfc(Double(abs(differences.reduce(0, +)) - 1) / (2 * variance).squareRoot())
    }
    // A third favors the second, the others the first, by one or two.
    let counted = (0..<900).map { $0 % 9 < 4 ? -($0 % 2) - 1 : $0 % 2 + 1 }
    let exact = PairedTest(differences: counted).pValue
    #expect(exact > 1e-4 && exact < 0.05)
    #expect(abs(exact / approximation(counted) - 1) < 0.02)
    let many = (0..<9_001).map { $0 % 2 == 0 ? -2 : ($0 % 100 == 1 ? 1 : 2) }
    #expect(many.count * many.map(abs).reduce(0, +) > 100_000_000)
    #expect(abs(PairedTest(differences: many).pValue - approximation(many)) < 1e-12)
  }

  /// statsmodels.stats.multitest.multipletests(method="holm").
  @Test func manyTestsAreAdjusted() {
    #expect(adjustedForMany([0.01, 0.04, 0.03]) == [0.03, 0.06, 0.06])
    #expect(adjustedForMany([0.5, 0.9]) == [1, 1])
    #expect(adjustedForMany([]) == [])
  }

  @Test func closeScoresAreNotCalled() throws {
    let comparison = try Comparison(
      [
        entry("A", 153, wrong: [[1, 2, 3, 4, 5, 6, 7, 8, 9]]),
        entry("B", 153, wrong: [[3, 4, 5, 6, 7, 8, 9, 20, 21, 22, 23, 24]]),
        entry("C", 153, wrong: [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]),
      ], by: AccuracyMetric())
    #expect(comparison.best == 0 && comparison.leaders == [0, 1, 2])
    #expect(comparison.differences[1]?.better == 2 && comparison.differences[1]?.worse == 5)
    #expect(comparison.differences[0] == nil)
    #expect(
      comparison.verdict
        == "too close to call: A, B and C lie within 2.0 points, which 153 images cannot tell from "
        + "chance (p 0.91 or more)")
    // Wilson's interval: statsmodels proportion_confint(144, 153, method="wilson").
    let range = try #require(comparison.scores[0].range)
    #expect(abs(range.lowerBound - 0.8920) < 1e-4 && abs(range.upperBound - 0.9687) < 1e-4)
  }

  @Test func clearDifferencesAre() throws {
    let comparison = try Comparison(
      [
        entry("A", 200, wrong: [Set(0..<60), Set(0..<64)]),
        entry("B", 200, wrong: [Set(0..<4), Set(2..<5)]),
        entry("C", 200, wrong: [Set(1..<4), Set(0..<5)]),
      ], by: AccuracyMetric())
    #expect(comparison.best == 1)
    #expect(comparison.leaders == [1, 2])
    #expect(comparison.scores[0].value == 0.69 && comparison.scores[0].values == [0.7, 0.68])
    #expect(comparison.verdict.hasPrefix("too close to call: B and C lie within 0.2 points"))
    #expect(comparison.verdict.hasSuffix("; B is better than A by 29.2 points (p < 0.001)"))
    let two = try Comparison(
      [
        entry("A", 200, wrong: [Set(0..<60), Set(0..<64)]),
        entry("B", 200, wrong: [Set(0..<4), Set(2..<5)]),
      ], by: AccuracyMetric())
    #expect(two.verdict == "B is best: better than A by 29.2 points (p < 0.001)")
  }

  /// The interval of the mean recall: close to that of numpy's bootstrap of the same images.
  @Test func otherScoresAreDrawnAgain() throws {
    let comparison = try Comparison(
      [
        entry("A", 300, wrong: [Set(stride(from: 0, to: 300, by: 4))]),
        entry("B", 300, wrong: [Set(stride(from: 0, to: 300, by: 10))]),
      ], by: MacroF1Metric(), seed: 3)
    let range = try #require(comparison.scores[1].range)
    let value = comparison.scores[1].value
    #expect(comparison.best == 1)
    // The deviation of a share of 0.9 of 300 is 0.0173; 1.96 of them to each side.
    #expect(abs(range.lowerBound - (value - 0.034)) < 0.008)
    #expect(abs(range.upperBound - (value + 0.034)) < 0.008)
    #expect(comparison.differences[0]?.isClear == true)
    #expect(comparison.differences[0]?.pValue ?? 1 < 0.002)
    let again = try Comparison(comparison.entries, by: MacroF1Metric(), seed: 3)
    #expect(again.scores == comparison.scores)
  }

  @Test func lossesAreBetterWhenSmaller() throws {
    var low = EvaluationResult(classes: ["a", "b"])
    var high = low
    for image in 0..<50 {
      low.add(sample: image, label: image % 2, probabilities: [0.5, 0.5], loss: 0.2)
      high.add(
        sample: image, label: image % 2, probabilities: [0.5, 0.5], loss: image < 25 ? 0.3 : 0.5)
    }
    let comparison = try Comparison(
      [
        Comparison.Entry(label: "high", evaluations: [.images(high)]),
        Comparison.Entry(label: "low", evaluations: [.images(low)]),
      ], by: LossMetric())
    #expect(comparison.best == 1 && comparison.differences[0]?.isClear == true)
    #expect(comparison.verdict.contains("low is best: better than high by 0.2000"))
  }

  @Test func ofPixelsNothingIsSaidOfChance() throws {
    let scores = Evaluation.example(.segmentation, classes: ["a", "b"])
    let comparison = try Comparison(
      ["A", "B"].map { Comparison.Entry(label: $0, evaluations: [scores]) }, by: OverlapMetric())
    #expect(comparison.leaders == [0] && comparison.differences[1]?.pValue == nil)
    #expect(comparison.verdict.hasSuffix("there is no test for that"))
  }

  @Test func otherImagesAreRefused() throws {
    #expect(throws: GraftError.self) {
      try Comparison(
        [entry("A", 10, wrong: [[]]), entry("B", 11, wrong: [[]])], by: AccuracyMetric())
    }
  }
}
