import GraftBase
import GraftKernels
import Testing

@testable import GraftTraining

/// Episodes and distances of features beside numpy's and scikit-learn's (make_features.py).
@Suite struct FewShotTests {
  private struct Reference: Decodable {
    struct Logistic: Decodable {
      let distance: FewShot.Distance
      let l2: Double?
      let accuracies: [Double]
    }

    let features, many: [Float]
    let width: Int
    let support, queries: [[[Int]]]
    let cosine, euclidean, distances: [Double]
    let logistic: [Logistic]
    let mean, margin, threshold: Double
  }

  @Test func episodesAreNumpys() throws {
    let reference = try fixture("features", as: Reference.self)
    for (distance, expected) in [
      (FewShot.Distance.cosine, reference.cosine), (.euclidean, reference.euclidean),
    ] {
      var task = FewShot()
      task.distance = distance
      let found = try zip(reference.support, reference.queries).map { support, queries in
        try task.accuracy(
          of: FewShot.Episode(support: support, queries: queries), reference.features,
          width: reference.width)
      }
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-12 }, "\(distance)")
    }
    let outcome = FewShot.Outcome(reference.cosine)
    #expect(abs(outcome.mean - reference.mean) < 1e-12)
    #expect(abs(outcome.margin - reference.margin) < 1e-12)
  }

  @Test func logisticRegressionsAreScikitLearns() throws {
    let reference = try fixture("features", as: Reference.self)
    for expected in reference.logistic {
      var task = FewShot()
      (task.ways, task.shots, task.head) = (5, 3, .logistic)
      (task.distance, task.l2) = (expected.distance, expected.l2)
      let found = try zip(reference.support, reference.queries).map { support, queries in
        try task.accuracy(
          of: FewShot.Episode(support: support, queries: queries), reference.features,
          width: reference.width)
      }
      #expect(
        zip(found, expected.accuracies).allSatisfy { abs($0 - $1) < 1e-12 }, "\(expected.distance)")
    }
  }

  @Test func episodesDrawClassesAndImagesOnceEach() throws {
    var task = FewShot()
    (task.ways, task.shots, task.queries) = (3, 2, 4)
    let labels = (0..<50).map { $0 % 5 } + [5, 5]
    // The class of two images has too few.
    let members = task.members(of: labels)
    #expect(members.count == 5)
    var seen: Set<FewShot.Episode> = []
    for number in 0..<20 {
      let episode = task.episode(number, of: members, seed: 1)
      #expect(episode == task.episode(number, of: members, seed: 1))
      #expect(episode.support.map(\.count) == [2, 2, 2])
      #expect(episode.queries.map(\.count) == [4, 4, 4])
      for (support, queries) in zip(episode.support, episode.queries) {
        #expect(Set(support + queries).count == 6)
        #expect(Set((support + queries).map { labels[$0] }).count == 1)
      }
      #expect(Set(episode.support.map { labels[$0[0]] }).count == 3)
      seen.insert(episode)
    }
    #expect(seen.count == 20)
    #expect(task.episode(0, of: members, seed: 2) != task.episode(0, of: members, seed: 1))
  }

  @Test func tooFewClassesAreRefusedWithWhatIsThere() {
    var task = FewShot()
    (task.shots, task.queries) = (5, 6)
    #expect {
      try task.validate((0..<44).map { $0 % 4 }, name: "flowers")
    } throws: { error in
      let error = error as? GraftError
      return error?.message.hasPrefix("4 of the 4 classes of flowers have the 11 images") == true
        && error?.help == "use ways=4, or fewer shots= or queries="
    }
  }

  @Test(arguments: [1, 2]) func imagesUnlikeAllOthersAreScikitLearns(threads: Int) throws {
    let reference = try fixture("features", as: Reference.self)
    let pool = ThreadPool(threads: threads)
    defer { pool.shutDown() }
    func outliers(_ features: [Float]) throws -> FeatureOutliers? {
      FeatureOutliers(
        try FeatureNeighbors(
          features, width: reference.width, count: FeatureOutliers.neighbors, pool: pool))
    }
    let found = try #require(try outliers(reference.many))
    #expect(zip(found.distances, reference.distances).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(abs(found.threshold - reference.threshold) < 1e-12)
    let images = found.outliers
    #expect(images.count == reference.distances.count { $0 > reference.threshold })
    #expect(zip(images, images.dropFirst()).allSatisfy { $0.distance >= $1.distance })
    let few = Array(reference.many.prefix(199 * reference.width))
    #expect(try outliers(few) == nil)
  }
}
