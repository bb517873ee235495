/// Images that are likely copies of others by their features: cut out, mirrored, in other colors, or the same thing
/// photographed again.
///
/// How near two images are says little by itself: in one encoder's features photographs of one kind have a cosine of
/// 0.6, in another's of 0.98. So the distance of a pair is compared with that of each of the two to its 5th nearest:
/// a copy is nearer than 0.45 of both. Up to 4 copies of an image are found so.
package struct FeatureCopies: Sendable {
  package struct Pair: Hashable, Sendable {
    /// The rows of their features, the later first.
    package let image: Int
    package let original: Int
    /// 1 less the cosine of their features.
    package let distance: Double
    /// The larger of its parts of the distances of both to their 5th nearest.
    package let ratio: Double
  }

  /// By which the usual distance is known.
  private static let rank = 4
  package static let mostRatio = 0.45

  /// Of each image the one with the nearest earlier image, the most alike first.
  package let pairs: [Pair]

  /// Takes the nearest neighbors of all images; `order` is what decides which of two is the later one.
  package init(_ nearest: FeatureNeighbors, order: (Int) -> Int = { $0 }) {
    guard nearest.count > Self.rank else {
      pairs = []
      return
    }
    var pairs: [Pair] = []
    for image in 0..<nearest.images {
      var best: Pair?
      for rank in 0..<Self.rank {
        let original = nearest.neighbor(of: image, rank: rank)
        guard order(original) < order(image) else { continue }
        let distance = nearest.distance(of: image, rank: rank)
        let usual = [image, original].map { nearest.distance(of: $0, rank: Self.rank) }
        guard let least = usual.min(), least > 0 else { continue }
        let ratio = max(0, distance) / least
        guard ratio < Self.mostRatio, ratio < best?.ratio ?? .infinity else { continue }
        best = Pair(image: image, original: original, distance: max(0, distance), ratio: ratio)
      }
      if let best { pairs.append(best) }
    }
    self.pairs = pairs.sorted { ($0.ratio, $0.image) < ($1.ratio, $1.image) }
  }
}
