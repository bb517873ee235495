import GraftKernels

/// The directions in which points spread most, and where the points lie along them (Pearson, 1901).
///
/// The sign of a direction says nothing; here the coordinate of a direction that is largest in magnitude is
/// positive, as in scikit-learn, so that equal points give equal pictures.
package struct PrincipalComponents: Sendable {
  /// Where each point lies along each direction, [N, components].
  private let places: Matrix
  /// The part of the variance that each direction has.
  package let shares: [Double]

  /// Takes points [N, F], of which the means are subtracted in their place.
  ///
  /// Where there are fewer directions than `count`, the others have no variance.
  package init(
    _ points: Matrix, count: Int, _ algebra: LinearAlgebra, pool: ThreadPool
  ) throws {
    precondition(count > 0, "no components")
    places = Matrix(points.rows, count)
    guard points.rows > 1, points.columns > 0 else {
      shares = [Double](repeating: 0, count: count)
      return
    }
    Self.center(points)
    // The smaller of both products of the matrix with itself has the same eigenvalues.
    let isWide = points.rows < points.columns
    let (values, vectors) = try algebra.eigen(
      algebra.gram(points, ofRows: isWide, pool: pool))
    let total = values.reduce(0) { $0 + max(0, $1) }
    var shares: [Double] = []
    for component in 0..<count {
      // Ascending: the largest is the last.
      let row = values.count - 1 - component
      guard row >= 0, values[row] > 1e-12 * max(total, 1e-300) else {
        shares.append(0)
        continue
      }
      shares.append(values[row] / total)
      let vector = vectors.part(rows: row..<row + 1)
      // [F, 1]; of a wide matrix up to its length, which the scale has.
      let direction =
        isWide
        ? algebra.product(points.transposed, vector.transposed) : algebra.transposed(vector)
      let scale = Self.sign(of: direction) / (isWide ? values[row].squareRoot() : 1)
      let along = algebra.product(points.whole, direction.whole)
      for point in 0..<points.rows { places[point, component] = scale * along[point, 0] }
    }
    self.shares = shares
  }

  /// Where a point lies along a direction.
  package func score(_ point: Int, _ component: Int) -> Double { places[point, component] }

  /// Where all points lie along a direction.
  package func scores(_ component: Int) -> [Double] {
    (0..<places.rows).map { places[$0, component] }
  }

  private static func center(_ points: Matrix) {
    for column in 0..<points.columns {
      var sum = 0.0
      for row in 0..<points.rows { sum += points[row, column] }
      let mean = sum / Double(points.rows)
      for row in 0..<points.rows { points[row, column] -= mean }
    }
  }

  /// That of the coordinate largest in magnitude, of equals the first.
  private static func sign(of direction: Matrix) -> Double {
    var largest = 0.0
    for place in 0..<direction.rows where abs(direction[place, 0]) > abs(largest) {
      largest = direction[place, 0]
    }
    return largest < 0 ? -1 : 1
  }
}
