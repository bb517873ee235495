import GraftAlgebra
import GraftBase
import GraftKernels

/// The nearest other images of each by the cosine of their features.
package struct FeatureNeighbors: Sendable {
  package let images: Int
  /// Neighbors of each.
  package let count: Int
  /// [images, count]: 1 less the cosine, rising, and the rows of the neighbors.
  private let distances: Matrix
  private let places: Matrix

  /// Fewer images say too little about what is usual; more take too long.
  package static let counts = 50...20_000

  /// Takes features [images, width].
  package init(_ features: [Float], width: Int, count: Int, pool: ThreadPool) throws {
    let algebra = try LinearAlgebra.loaded()
    let rows = Self.normalized(features, width: width)
    let count = min(count, rows.rows - 1)
    let (distances, places) = (Matrix(rows.rows, count), Matrix(rows.rows, count))
    pool.forEachRange(of: rows.rows, step: 256, lending: algebra, rows, distances, places) {
      range, _, algebra, rows, distances, places in
      let cosines = algebra.product(rows.part(rows: range), rows.transposed)
      let count = distances.columns
      for (place, image) in range.enumerated() {
        // Cosines of the nearest so far, falling; of equals the earlier image first.
        var nearest = [Double](repeating: -.infinity, count: count)
        var others = [Int](repeating: 0, count: count)
        for other in 0..<rows.rows where other != image {
          let cosine = cosines[place, other]
          guard let last = nearest.last, cosine > last else { continue }
          var slot = count - 1
          while slot > 0, nearest[slot - 1] < cosine {
            nearest[slot] = nearest[slot - 1]
            others[slot] = others[slot - 1]
            slot -= 1
          }
          nearest[slot] = cosine
          others[slot] = other
        }
        for slot in 0..<count {
          distances[image, slot] = 1 - nearest[slot]
          places[image, slot] = Double(others[slot])
        }
      }
    }
    images = rows.rows
    self.count = count
    self.distances = distances
    self.places = places
  }

  /// To the neighbor of a rank, 0 the nearest.
  package func distance(of image: Int, rank: Int) -> Double { distances[image, rank] }

  /// The neighbor of a rank, 0 the nearest.
  package func neighbor(of image: Int, rank: Int) -> Int { Int(places[image, rank]) }

  private static func normalized(_ features: [Float], width: Int) -> Matrix {
    let result = Matrix(features.count / max(1, width), width)
    for row in 0..<result.rows {
      let values = features[row * width..<(row + 1) * width]
      let length = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      for (place, value) in values.enumerated() {
        result[row, place] = Double(value) / max(length, 1e-12)
      }
    }
    return result
  }
}

extension FeatureTable {
  /// The nearest neighbors of all images; nil for a number of images that is too small or too large.
  package func neighbors(pool: ThreadPool) throws -> FeatureNeighbors? {
    guard FeatureNeighbors.counts.contains(count) else { return nil }
    return try FeatureNeighbors(
      features, width: width, count: FeatureOutliers.neighbors, pool: pool)
  }
}
