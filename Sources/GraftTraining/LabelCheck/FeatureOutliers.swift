/// Images unlike all others: those whose features are far from their k-th nearest neighbor's (Sun et al.,
/// 2022).
///
/// Distances are 1 less the cosine. An image stands out from the median distance and three median absolute
/// deviations on, scaled as standard deviations of a normal distribution: of such, one in 700 would. With 20
/// neighbors a group of up to 20 strange images that resemble each other stands out too.
package struct FeatureOutliers: Sendable {
  package struct Outlier: Hashable, Sendable {
    /// The row of its features.
    package let image: Int
    /// To its k-th neighbor.
    package let distance: Double
  }

  /// k.
  package static let neighbors = 20
  /// Fewer images say too little about what is usual; more take too long.
  package static let counts = 10 * neighbors...20_000

  /// Of each image.
  package let distances: [Double]
  /// From what distance on an image stands out.
  package let threshold: Double

  /// Takes the nearest neighbors of all images; nil for a number of images outside of `counts`.
  package init?(_ nearest: FeatureNeighbors) {
    guard Self.counts.contains(nearest.images), nearest.count >= Self.neighbors else { return nil }
    distances = (0..<nearest.images).map { nearest.distance(of: $0, rank: Self.neighbors - 1) }
    let median = Self.median(distances)
    let spread = Self.median(distances.map { abs($0 - median) })
    threshold = spread > 0 ? median + 3 * 1.4826 * spread : .infinity
  }

  /// Those that stand out, the most distant first.
  package var outliers: [Outlier] {
    distances.indices.filter { distances[$0] > threshold }
      .map { Outlier(image: $0, distance: distances[$0]) }
      .sorted { ($1.distance, $0.image) < ($0.distance, $1.image) }
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
