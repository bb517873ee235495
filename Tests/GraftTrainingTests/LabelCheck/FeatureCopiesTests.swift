import GraftKernels
import Testing

@testable import GraftTraining

/// Likely copies by features, beside scikit-learn's neighbors (make_features.py).
@Suite struct FeatureCopiesTests {
  private struct Reference: Decodable {
    let twins: [Float]
    let twinPairs: [[Double]]
    let width: Int
  }

  @Test(arguments: [1, 2]) func pairsAreThoseOfScikitLearnsNeighbors(threads: Int) throws {
    let reference = try fixture("features", as: Reference.self)
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    let nearest = try FeatureNeighbors(
      reference.twins, width: reference.width, count: 20, pool: pool)
    let pairs = FeatureCopies(nearest).pairs
    #expect(pairs.map(\.image) == reference.twinPairs.map { Int($0[0]) })
    #expect(pairs.map(\.original) == reference.twinPairs.map { Int($0[1]) })
    for (pair, expected) in zip(pairs, reference.twinPairs) {
      #expect(abs(pair.distance - expected[2]) < 1e-12 && abs(pair.ratio - expected[3]) < 1e-9)
    }
    // Copies of one image each are there; of the image with five, no more than four could be.
    #expect(Set(pairs.map(\.image)).isSuperset(of: [60, 61, 62, 63, 64]))
  }

  @Test func theLaterOfTwoIsDecidedByTheOrder() throws {
    let reference = try fixture("features", as: Reference.self)
    let pool = ThreadPool(threads: 1)
    defer { pool.shutDown() }
    let nearest = try FeatureNeighbors(
      reference.twins, width: reference.width, count: 20, pool: pool)
    let turned = FeatureCopies(nearest) { -$0 }.pairs
    #expect(turned.contains { $0.image == 0 && $0.original == 60 })
    #expect(turned.allSatisfy { $0.image < $0.original })
    // Too few neighbors say nothing about the usual distance.
    let few = try FeatureNeighbors(
      Array(reference.twins.prefix(4 * reference.width)), width: reference.width, count: 20,
      pool: pool)
    #expect(FeatureCopies(few).pairs.isEmpty && few.count == 3)
  }
}
