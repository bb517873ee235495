import Foundation
import GraftKernels

extension TSNE {
  /// How probable it is that each point would choose each other one as its neighbor, [N, N], rows that add up to 1.
  ///
  /// The choice is by a Gaussian around the point, as wide as makes the choice as uncertain as one among `perplexity`
  /// neighbors. A point never chooses itself.
  package static func conditionalProbabilities(
    of points: Matrix, perplexity: Double, _ algebra: LinearAlgebra, pool: ThreadPool
  ) throws -> Matrix {
    let products = algebra.gram(points, ofRows: true, pool: pool)
    let lengths = Matrix(points.rows, 1)
    for row in 0..<points.rows { lengths[row, 0] = products[row, row] }
    pool.forEach(points.rows, lending: products, lengths, perplexity) {
      row, _, products, lengths, perplexity in
      for column in 0..<products.columns {
        // Rounding can make the distance of equal points less than nothing.
        products[row, column] = max(
          0, lengths[row, 0] + lengths[column, 0] - 2 * products[row, column])
      }
      TSNE.calibrate(products, row, perplexity: perplexity)
    }
    return products
  }

  /// Turns a row of squared distances into probabilities, by bisection of the Gaussian's precision.
  private static func calibrate(_ row: Matrix, _ index: Int, perplexity: Double) {
    let count = row.columns
    let wanted = log(perplexity)
    // Distances are taken from the nearest point, so that at least one weight is 1.
    var least = Double.infinity
    for column in 0..<count where column != index { least = min(least, row[index, column]) }
    var (low, high) = (0.0, Double.infinity)
    var precision = 1.0
    func sums() -> (weight: Double, distance: Double) {
      var (weight, distance) = (0.0, 0.0)
      for column in 0..<count where column != index {
        let excess = row[index, column] - least
        let own = exp(-precision * excess)
        weight += own
        distance += own * excess
      }
      return (weight, distance)
    }
    for _ in 0..<200 {
      let (weight, distance) = sums()
      let entropy = log(weight) + precision * distance / weight
      if abs(entropy - wanted) < 1e-10 { break }
      if entropy > wanted {
        low = precision
        precision = high.isFinite ? (low + high) / 2 : precision * 2
      } else {
        high = precision
        precision = (low + high) / 2
      }
      // More equal neighbors than the perplexity: no Gaussian is narrow enough.
      if precision > 1e300 || high - low <= 1e-15 * high { break }
    }
    precision = min(precision, 1e300)
    let total = sums().weight
    for column in 0..<count {
      row[index, column] =
        column == index ? 0 : exp(-precision * (row[index, column] - least)) / total
    }
  }
}
