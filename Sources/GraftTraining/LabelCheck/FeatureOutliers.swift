import GraftAlgebra
import GraftBase
import GraftKernels

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

  /// Takes features [images, width]; nil for a number of images outside of `counts`.
  package init?(_ features: [Float], width: Int, pool: ThreadPool) throws {
    let count = features.count / max(1, width)
    guard Self.counts.contains(count) else { return nil }
    let algebra = try LinearAlgebra.loaded()
    let rows = Self.normalized(features, width: width)
    let result = Matrix(count, 1)
    pool.forEachRange(of: count, step: 256, lending: algebra, rows, result) {
      range, _, algebra, rows, result in
      let cosines = algebra.product(rows.part(rows: range), rows.transposed)
      for (place, image) in range.enumerated() {
        // Cosines of the nearest so far, falling.
        var nearest = [Double](repeating: -.infinity, count: Self.neighbors)
        for other in 0..<rows.rows where other != image {
          let cosine = cosines[place, other]
          guard cosine > nearest[Self.neighbors - 1] else { continue }
          var slot = Self.neighbors - 1
          while slot > 0, nearest[slot - 1] < cosine {
            nearest[slot] = nearest[slot - 1]
            slot -= 1
          }
          nearest[slot] = cosine
        }
        result[image, 0] = 1 - nearest[Self.neighbors - 1]
      }
    }
    distances = result.numbers
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

  private static func normalized(_ features: [Float], width: Int) -> Matrix {
    let result = Matrix(features.count / width, width)
    for row in 0..<result.rows {
      let values = features[row * width..<(row + 1) * width]
      let length = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      for (place, value) in values.enumerated() {
        result[row, place] = Double(value) / max(length, 1e-12)
      }
    }
    return result
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}

extension FeatureTable {
  /// The images unlike all others; see `FeatureOutliers`.
  package func outliers(pool: ThreadPool) throws -> FeatureOutliers? {
    try FeatureOutliers(features, width: width, pool: pool)
  }
}
