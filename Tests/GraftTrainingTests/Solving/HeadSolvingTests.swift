import Foundation
import GraftBase
import GraftModels
import Testing

@testable import GraftTraining

@Suite struct HeadSolvingTests {
  /// One of each kind, and all in the slow suite.
  private static let tested: [String] = {
    let all = Encoders.all.filter { $0.ownTask == .classification }
    guard ProcessInfo.processInfo.environment["GRAFT_EVERY_ENCODER"] == nil else {
      return all.map(\.name)
    }
    var kinds: Set<String> = []
    return all.filter { kinds.insert($0.family + $0.summary).inserted }.map(\.name)
  }()

  /// Of each encoder with a classifier, the constant part ends at what a linear layer reads.
  @Test(arguments: tested)
  func everyEncoderHasFeaturesToSolveFor(_ name: String) throws {
    let spec = try Encoders.named(name)
    let model = try Model(recording: spec, head: .linear(), classes: ["a", "b", "c"])
    let phase = try PreparedPhase(
      TrainingPhase(.headOnly, TrainingSettings(epochs: 1)), of: model, batchCount: 1)
    if model.auxiliaryLogits.isEmpty {
      try HeadSolving.logistic.validate(for: phase)
    } else {
      #expect(throws: GraftError.self) { try HeadSolving.logistic.validate(for: phase) }
    }
  }

  @Test(
    arguments: Heads.all.flatMap { $0.examples }.filter {
      $0.kind != LinearHead.self && !$0.isSolved
    })
  func otherHeadsAreRefused(_ head: HeadSpec) throws {
    let spec = try Encoders.named("resnet20")
    let count = head.isOwn ? spec.ownClassCount : 3
    let model = try Model(
      recording: spec, head: head, classes: (0..<count).map { "class \($0)" })
    let phase = try PreparedPhase(
      TrainingPhase(.headOnly, TrainingSettings(epochs: 1)), of: model, batchCount: 1)
    #expect(throws: GraftError.self) { try HeadSolving.logistic.validate(for: phase) }
  }

  @Test func foldsSpreadEachClassEvenly() {
    let labels = (0..<103).map { $0 % 7 == 0 ? 2 : $0 % 2 }
    let folds = StratifiedFolds.folds(labels, count: 5, seed: 3)
    #expect(folds == StratifiedFolds.folds(labels, count: 5, seed: 3))
    #expect(folds != StratifiedFolds.folds(labels, count: 5, seed: 4))
    func sizes(_ isCounted: (Int) -> Bool) -> [Int] {
      (0..<5).map { fold in labels.indices.count { folds[$0] == fold && isCounted($0) } }
    }
    for label in 0..<3 {
      let counts = sizes { labels[$0] == label }
      #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
    }
    let counts = sizes { _ in true }
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
  }
}
