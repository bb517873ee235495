import Foundation
import GraftKernels
import Testing

@testable import GraftAlgebra

/// What scipy and scikit-learn make of the same points (`make_tsne.py`): images of digits.
private struct Reference: Decodable {
  let points: [[Double]]
  let perplexity: Double
  /// Of the first points, rows of conditional probabilities.
  let probabilities: [[Double]]
  let trustworthiness: Double
  let divergence: Double

  static func read() throws -> Reference {
    let folder = try #require(Bundle.module.resourceURL)
    let data = try Data(contentsOf: folder.appending(path: "Fixtures/tsne.json"))
    return try JSONDecoder().decode(Reference.self, from: data)
  }
}

@Suite struct TSNETests {
  private let algebra: LinearAlgebra
  private let pool = ThreadPool(threads: 2)

  init() throws { algebra = try LinearAlgebra.loaded() }

  @Test func probabilitiesAreThoseOfScipy() throws {
    let reference = try Reference.read()
    let found = try TSNE.conditionalProbabilities(
      of: Matrix(reference.points), perplexity: reference.perplexity, algebra, pool: pool)
    for (row, expected) in reference.probabilities.enumerated() {
      for (column, value) in expected.enumerated() {
        #expect(abs(found[row, column] - value) < 1e-9, "\(row), \(column)")
      }
    }
    for row in 0..<found.rows {
      let sum = (0..<found.columns).reduce(0.0) { $0 + found[row, $1] }
      #expect(abs(sum - 1) < 1e-12 && found[row, row] == 0)
    }
  }

  @Test func neighborsStayTogetherAsWithScikitLearn() throws {
    let reference = try Reference.read()
    let layout = try #require(try TSNE(Matrix(reference.points), algebra, pool: pool))
    #expect(layout.perplexity == reference.perplexity)
    let trust = Self.trustworthiness(of: layout, reference.points, neighbors: 10)
    #expect(trust > reference.trustworthiness - 0.003, "\(trust)")
    #expect(layout.divergence < 1.05 * reference.divergence, "\(layout.divergence)")
  }

  @Test func threadsDoNotChangeABitAndSeedsDo() throws {
    let points = Array(try Reference.read().points.prefix(60))
    func layout(_ threads: Int, seed: UInt64) throws -> [Double] {
      var settings = TSNE.Settings()
      (settings.steps, settings.seed) = (300, seed)
      let found = try TSNE(
        Matrix(points), algebra, settings: settings, pool: ThreadPool(threads: threads))
      return try #require(found).scores(0)
    }
    let one = try layout(1, seed: 4)
    #expect(try layout(2, seed: 4) == one)
    #expect(try layout(4, seed: 4) == one)
    #expect(try layout(1, seed: 5) != one)
  }

  @Test(arguments: [1, 2, 3, 4, 7, 20]) func fewAndEqualPointsHavePlaces(_ count: Int) throws {
    let equal = Matrix((0..<count).map { _ in [1.0, 2, 3] })
    let different = Matrix((0..<count).map { [Double($0), 0, 0] })
    for points in [equal, different] {
      let layout = try #require(try TSNE(points, algebra, pool: pool))
      let isFinite = (layout.scores(0) + layout.scores(1)).allSatisfy { $0.isFinite }
      #expect(isFinite)
    }
  }

  @Test func itStopsWhereItIsAskedTo() throws {
    let points = Matrix(Array(try Reference.read().points.prefix(30)))
    let layout = try TSNE(points, algebra, pool: pool) { done, _ in done < 5 }
    #expect(layout == nil)
  }

  /// 1 where the nearest neighbors in the plane are among the nearest of the points (Venna and Kaski, 2001).
  private static func trustworthiness(
    of layout: TSNE, _ points: [[Double]], neighbors: Int
  ) -> Double {
    let n = points.count
    func order(_ row: Int, _ distance: (Int) -> Double) -> [Int] {
      let distances = (0..<n).map(distance)
      return (0..<n).filter { $0 != row }.sorted { (distances[$0], $0) < (distances[$1], $1) }
    }
    var penalty = 0
    for row in 0..<n {
      let inPlane = order(row) {
        let (dx, dy) = (
          layout.score(row, 0) - layout.score($0, 0), layout.score(row, 1) - layout.score($0, 1)
        )
        return dx * dx + dy * dy
      }
      let inSpace = order(row) { other in
        zip(points[row], points[other]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      var rank = [Int](repeating: 0, count: n)
      for (place, other) in inSpace.enumerated() { rank[other] = place + 1 }
      for other in inPlane.prefix(neighbors) { penalty += max(0, rank[other] - neighbors) }
    }
    let scale = Double(n * neighbors * (2 * n - 3 * neighbors - 1))
    return 1 - 2 * Double(penalty) / scale
  }
}
