import GraftBase
import GraftKernels
import Testing

@testable import GraftTraining

@Suite struct ConfidentLearningTests {
  private struct Case: Decodable {
    let classes: Int
    let labels: [Int]
    let probabilities: [Double]
    let thresholds: [Double]
    let joint: [[Int]]
    let confident: [Int]
    let pruned: [Int]
  }

  private static func learning(_ item: Case) -> ConfidentLearning {
    ConfidentLearning(item.probabilities, labels: item.labels, classCount: item.classes)
  }

  /// Two and more classes, of one size and skewed, with classes of one image and of none.
  @Test(arguments: 0..<5) func theListsAreThoseOfCleanlab(_ number: Int) throws {
    let cases = try fixture("confident", as: [Case].self)
    let item = cases[number]
    let learning = Self.learning(item)
    for (own, other) in zip(learning.thresholds, item.thresholds) {
      #expect(abs(own - other) < 1e-12)
    }
    #expect(learning.joint == item.joint)
    #expect(learning.doubts(.confident).map(\.image) == item.confident)
    #expect(learning.doubts(.pruned).map(\.image) == item.pruned)
  }

  @Test func theWorstComesFirstWithTheClassThatIsMoreLikely() {
    let probabilities: [Double] = [
      0.9, 0.1, 0.8, 0.2, 0.3, 0.7, 0.1, 0.9, 0.2, 0.8, 0.85, 0.15, 0.95, 0.05,
    ]
    let learning = ConfidentLearning(
      probabilities, labels: [0, 0, 0, 1, 1, 1, 1], classCount: 2)
    let doubts = learning.doubts(.confident)
    #expect(doubts.map(\.image) == [6, 5, 2])
    #expect(doubts.first?.suggested == 0 && doubts.first?.label == 1)
    #expect(doubts.first?.probability == 0.95 && doubts.first?.labelProbability == 0.05)
  }

  @Test func roundingKeepsTheSum() {
    #expect(ConfidentLearning.rounded([0.4, 0.4, 0.4, 2.8]) == [0, 0, 1, 3])
    #expect(ConfidentLearning.rounded([1.6, 1.6, 1.6, 0.2]) == [1, 2, 2, 0])
    #expect(ConfidentLearning.rounded([2, 0, 1]) == [2, 0, 1])
  }

  /// A head judges images by what it learned from the others.
  @Test func swappedLabelsOfFarGroupsAreFound() throws {
    var random = RandomStream(seed: 3, purpose: .drawing)
    let groups = (0..<60).map { $0 % 3 }
    let features = groups.flatMap { group in
      (0..<5).map { Float(($0 == group ? 3 : 0) + random.uniform() - 0.5) }
    }
    var labels = groups
    for image in [4, 17, 33] { labels[image] = (groups[image] + 1) % 3 }
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let head = try #require(
      try HeldOutHead(
        FeatureTable(features, labels: labels), classCount: 3, seed: 0, pool: pool))
    #expect(head.folds == 5 && head.agreement.count == 57 && head.isInformative)
    for row in 0..<60 {
      #expect(abs(head.probabilities[3 * row..<3 * row + 3].reduce(0, +) - 1) < 1e-12)
    }
    // Three images are most probable as another class than their label.
    #expect(head.confusedPairs.map(\.confused.count).reduce(0, +) == 3)
    #expect(head.confusedPairs.allSatisfy { $0.classes[0] < $0.classes[1] })
    let shares = head.confusedPairs.map(\.confused.value)
    #expect(shares == shares.sorted(by: >))
    let learning = ConfidentLearning(head.probabilities, labels: labels, classCount: 3)
    for rule in [ConfidentLearning.Rule.confident, .pruned] {
      let doubts = learning.doubts(rule)
      #expect(doubts.map(\.image).sorted() == [4, 17, 33])
      #expect(doubts.allSatisfy { $0.suggested == groups[$0.image] })
    }
    let plain = try #require(
      try HeldOutHead(
        FeatureTable(features.map { _ in Float(random.uniform()) }, labels: groups), classCount: 3,
        seed: 0, pool: pool))
    #expect(!plain.isInformative)
    let stopped = try HeldOutHead(
      FeatureTable(features, labels: labels), classCount: 3, seed: 0, pool: pool
    ) { false }
    #expect(stopped == nil)
  }
}
