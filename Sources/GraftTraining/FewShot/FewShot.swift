import Foundation
import GraftAlgebra
import GraftBase
import GraftKernels

/// How well features tell new classes apart from few images of each: n-way k-shot episodes with prototypes
/// (Snell, Swersky and Zemel, 2017) or logistic regression.
///
/// An episode draws classes, of each some images with labels (the support set) and others to be labeled (the
/// queries). A query gets the class whose mean, its prototype, is nearest, or the most probable one by a logistic
/// regression on the support set. With the cosine all features are brought to length 1 first.
package struct FewShot: Hashable, Sendable {
  /// How near a query is to a prototype.
  package enum Distance: String, Decodable, WordChoice {
    /// By the angle, features brought to length 1 first.
    case cosine
    /// As in the paper, of features as they are.
    case euclidean
  }

  /// What labels the queries.
  package enum Head: String, WordChoice {
    /// The nearest prototype.
    case prototype
    /// Multinomial logistic regression with L2, solved on the support set (as Tian et al., 2020).
    case logistic
  }

  /// Classes of an episode.
  package var ways = 5
  /// Labeled images of each.
  package var shots = 5
  /// Images of each that are to be labeled.
  package var queries = 15
  package var episodes = 600
  package var distance = Distance.cosine
  package var head = Head.prototype
  /// How strongly large weights of the logistic regression count, beside the mean cross-entropy; nil is 1 divided
  /// by the number of labeled images, scikit-learn's C=1.
  package var l2: Double?

  package init() {}

  /// The L2 of the logistic regression; nil for another head.
  package var usedL2: Double? {
    head == .logistic ? l2 ?? 1 / Double(ways * shots) : nil
  }

  /// What one episode draws: rows of a table of features, by class.
  package struct Episode: Hashable, Sendable {
    package let support: [[Int]]
    package let queries: [[Int]]

    package init(support: [[Int]], queries: [[Int]]) {
      self.support = support
      self.queries = queries
    }
  }

  /// The rows of each class that has enough images, in class order.
  package func members(of labels: [Int]) -> [[Int]] {
    let rows = Dictionary(grouping: labels.indices, by: { labels[$0] })
    return rows.keys.sorted().compactMap { rows[$0] }.filter { $0.count >= shots + queries }
  }

  /// Refuses data with too few classes that have enough images.
  package func validate(_ labels: [Int], name: String) throws {
    let count = members(of: labels).count
    guard count < ways else { return }
    let all = Set(labels).count
    throw GraftError(
      .failed,
      "\(count) of the \(all) classes of \(name) have the \(shots + queries) images that "
        + "\(shots) shots and \(queries) queries take, too few for \(ways) ways",
      help: count > 1
        ? "use ways=\(count), or fewer shots= or queries=" : "use fewer shots= or queries=")
  }

  /// The draws of an episode: a function of members, seed and number alone.
  package func episode(_ number: Int, of members: [[Int]], seed: UInt64) -> Episode {
    var random = RandomStream(seed: seed, purpose: .resampling, epoch: number, slot: 1)
    let drawn = random.permutation(members.count).prefix(ways).map { place in
      random.permutation(members[place].count).prefix(shots + queries).map { members[place][$0] }
    }
    return Episode(
      support: drawn.map { Array($0.prefix(shots)) },
      queries: drawn.map { Array($0.dropFirst(shots)) })
  }

  /// The share of queries that get their class; of equally near prototypes the first.
  package func accuracy(of episode: Episode, _ features: [Float], width: Int) throws -> Double {
    switch head {
    case .prototype: nearestPrototypes(of: episode, features, width: width)
    case .logistic: try logisticAccuracy(of: episode, features, width: width)
    }
  }

  private func logisticAccuracy(
    of episode: Episode, _ features: [Float], width: Int
  ) throws -> Double {
    let algebra = try LinearAlgebra.loaded()
    func matrix(_ rows: [[Int]]) -> Matrix {
      let rows = rows.flatMap(\.self)
      let result = Matrix(rows.count, width + 1)
      for (place, index) in rows.enumerated() {
        let row = row(index, features, width: width)
        for (column, value) in row.enumerated() { result[place, column] = value }
        result[place, width] = 1
      }
      return result
    }
    func labels(_ rows: [[Int]]) -> [Int] {
      rows.enumerated().flatMap { Array(repeating: $0, count: $1.count) }
    }
    let support = labels(episode.support)
    let problem = LogisticProblem(
      matrix(episode.support), labels: support,
      weights: [Double](repeating: 1, count: support.count), classCount: episode.support.count)
    guard let l2 = usedL2, let solved = LogisticRegression(problem, l2: l2, algebra) else {
      preconditionFailure("nothing ends the solving of a logistic head")
    }
    let (logits, truth) = (
      algebra.product(matrix(episode.queries).whole, solved.weights.whole), labels(episode.queries)
    )
    let hits = truth.indices.count { query in
      var best = 0
      for place in 0..<logits.columns where logits[query, place] > logits[query, best] {
        best = place
      }
      return best == truth[query]
    }
    return Double(hits) / Double(max(1, truth.count))
  }

  /// The features of an image, of length 1 for the cosine.
  private func row(_ index: Int, _ features: [Float], width: Int) -> [Double] {
    let row = features[index * width..<(index + 1) * width].map(Double.init)
    return distance == .cosine ? Self.normalized(row) : row
  }

  private func nearestPrototypes(
    of episode: Episode, _ features: [Float], width: Int
  ) -> Double {
    func row(_ index: Int) -> [Double] { self.row(index, features, width: width) }
    let prototypes = episode.support.map { rows in
      var mean = [Double](repeating: 0, count: width)
      for index in rows {
        for (place, value) in row(index).enumerated() { mean[place] += value / Double(rows.count) }
      }
      return distance == .cosine ? Self.normalized(mean) : mean
    }
    var hits = 0
    for (own, rows) in episode.queries.enumerated() {
      for index in rows {
        let query = row(index)
        var best = (place: 0, distance: Double.infinity)
        for (place, prototype) in prototypes.enumerated() {
          // Of vectors of length 1 the squared distance is twice the cosine's from 1.
          var sum = 0.0
          for (one, other) in zip(query, prototype) { sum += (one - other) * (one - other) }
          if sum < best.distance { best = (place, sum) }
        }
        if best.place == own { hits += 1 }
      }
    }
    return Double(hits) / Double(max(1, episode.queries.reduce(0) { $0 + $1.count }))
  }

  private static func normalized(_ row: [Double]) -> [Double] {
    let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return row.map { $0 / max(length, 1e-12) }
  }

  /// What many episodes come to.
  package struct Outcome: Hashable, Sendable {
    /// Of each episode.
    package let accuracies: [Double]

    package init(_ accuracies: [Double]) { self.accuracies = accuracies }

    package var mean: Double { accuracies.mean }

    /// Half of the 95 % interval of the mean over episodes, as papers give it: 1.96 standard errors.
    package var margin: Double {
      guard accuracies.count > 1 else { return 0 }
      let variance =
        accuracies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(accuracies.count - 1)
      return 1.96 * (variance / Double(accuracies.count)).squareRoot()
    }
  }

  /// Episodes that are computed at a time.
  private static let sliceLength = 32

  /// All episodes in order; nil when `goesOn`, told how many are done, answered false.
  package func outcome(
    _ features: [Float], labels: [Int], width: Int, seed: UInt64, pool: ThreadPool,
    goesOn: (_ done: Int) -> Bool = { _ in true }
  ) throws -> Outcome? {
    let members = members(of: labels)
    var accuracies: [Double] = []
    for start in stride(from: 0, to: episodes, by: Self.sliceLength) {
      guard goesOn(start) else { return nil }
      let numbers = Array(start..<min(start + Self.sliceLength, episodes))
      let results = pool.map(numbers) { number in
        try accuracy(
          of: episode(number, of: members, seed: seed), features, width: width)
      }
      for result in results { accuracies.append(try result.get()) }
    }
    return Outcome(accuracies)
  }
}
