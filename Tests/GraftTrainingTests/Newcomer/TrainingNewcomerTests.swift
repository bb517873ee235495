import Foundation
import GraftEngine
import GraftKernels
import Testing

@testable import GraftTraining

/// The toy optimizer and the toy metric of docs/ are what is compiled here, and work.
@Suite struct TrainingNewcomerTests {
  private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.repository.appending(path: path), encoding: .utf8)
  }

  @Test(arguments: [("add-an-optimizer", "LionRule"), ("add-a-metric", "WorstClassMetric")])
  func docsShowWhatIsCompiled(_ page: String, _ file: String) throws {
    let docs = try text("docs/\(page).md")
    let code = try text("Tests/GraftTrainingTests/Newcomer/\(file).swift")
      .replacing("\n@testable import GraftTraining\n", with: "")
    #expect(docs.contains("```swift\n\(code)```"))
    // One file, and the registries it names are where it says.
    let registries = docs.matches(of: /`([A-Z]\w+\.all)` \(`(Sources[^`]+)`\)/)
    #expect(!registries.isEmpty)
    for registry in registries {
      let type = registry.1.prefix { $0 != "." }
      let source = try text(String(registry.2))
      #expect(source.contains("enum \(type)") && source.contains("static let all"))
    }
  }

  /// A step by hand: 18 weights, so that a vector and what is left behind it are both there.
  @Test func theToyOptimizerSteps() throws {
    let rule = LionRule(try Choice("lion", ["beta1": 0.5]).values(of: LionRule.arguments))
    let weight = Tensor([18], [Float](repeating: 2, count: 18))
    let gradient = Tensor([18], (0..<18).map { Float($0 % 3) - 1 })
    let momentum = Tensor([18])
    rule.update(
      UpdateOperands(
        weight: weight.slice, gradient: gradient.slice, slots: [momentum.slice], rate: 0.25,
        decay: 1, momentum: nil, gradientScale: 1, updateCount: 1))
    // A fourth of the weight decays, and the sign of the gradient goes a fourth of 1.
    let expected = gradient.values.map { Float(1.5) - Float(0.25) * $0 }
    #expect(weight.values == expected)
    for (own, slope) in zip(momentum.values, gradient.values) {
      #expect(abs(own - Float(0.01) * slope) < 1e-8)
    }
  }

  @Test func theToyMetricScores() throws {
    var result = EvaluationResult(classes: ["cat", "dog", "fish"])
    for (label, row) in [(0, [0.9, 0.1, 0]), (1, [0.8, 0.2, 0]), (1, [0.1, 0.9, 0])] {
      result.add(sample: 0, label: label, probabilities: row.map(Float.init), loss: 0)
    }
    let score = try #require(WorstClassMetric().score(of: .images(result)))
    #expect(score.value == 0.5 && score.text == "50.0 % of dog")
    let pixels = WorstClassMetric().score(of: .pixels(SegmentationScores(classes: ["a"])))
    #expect(pixels == nil)
  }
}
