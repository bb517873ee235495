import GraftKernels

/// Coordinates in which features have mean 0 and variance 1 and are, where that is affordable, uncorrelated.
///
/// Turning the axes changes neither the logits nor the length of the weights, so a problem with L2 has the
/// same solution; it has as many coordinates as there are images at most, and a Hessian that is nearly
/// diagonal.
package struct FeatureBasis: Sendable {
  /// The images in these coordinates, [N, coordinates + 1]; the last column is 1.
  package let coordinates: Matrix
  /// The images' features before: their means, and what they are divided by.
  private let means: [Double]
  private let scales: [Double]
  /// The axes as columns [features, coordinates]; nil leaves features as they are.
  private let axes: Matrix?

  /// Features or images up to which the axes are turned: it takes time with the third power.
  private static let mostAxes = 2048
  /// Axes whose variance is a smaller part of the largest are left out.
  private static let leastVariance = 1e-10

  /// Takes the features of all images [N, F], which it standardizes in their place.
  package init(_ features: Matrix, _ algebra: LinearAlgebra, pool: ThreadPool) throws {
    let (means, scales) = Self.standardize(features, pool: pool)
    self.means = means
    self.scales = scales
    axes = try Self.axes(of: features, algebra, pool: pool)
    let turned = axes.map { algebra.product(features, $0, pool: pool) } ?? features
    coordinates = Matrix(turned.rows, turned.columns + 1)
    for row in 0..<turned.rows {
      let target = coordinates.values.pointer + row * coordinates.columns
      target.update(
        from: turned.values.pointer + row * turned.columns, count: turned.columns)
      target[turned.columns] = 1
    }
  }

  /// Bytes that a basis and the solving of a problem take at most, besides the features in float32.
  package static func bytes(images: Int, features: Int, classes: Int) -> Int {
    let isTurned = min(images, features) <= mostAxes
    let axes = isTurned ? min(images, features) : features
    let square = isTurned ? 4 * axes * axes + features * axes : 0
    return 8
      * (2 * images * (features + axes) + square + 64 * axes * classes + 24 * images * classes)
  }

  /// The linear layer that computes on features as they were what `solution` computes on coordinates.
  ///
  /// `solution` is [coordinates + 1, C], its last row the biases; the layer's weights are [C][features].
  package func layer(_ solution: Matrix, _ algebra: LinearAlgebra) -> (
    weights: [[Double]], biases: [Double]
  ) {
    let count = solution.rows - 1
    let own = solution.part(rows: 0..<count)
    let turned = Matrix(means.count, solution.columns)
    if let axes {
      algebra.multiply(axes.whole, own, into: turned.whole)
    } else {
      turned.values.pointer.update(from: solution.values.pointer, count: turned.values.count)
    }
    let classes = 0..<solution.columns
    let weights = classes.map { c in means.indices.map { turned[$0, c] / scales[$0] } }
    let biases = classes.map { c in
      zip(weights[c], means).reduce(solution[count, c]) { $0 - $1.0 * $1.1 }
    }
    return (weights, biases)
  }

  /// Subtracts means and divides by standard deviations; features without any become 0.
  private static func standardize(
    _ features: Matrix, pool: ThreadPool
  ) -> (means: [Double], scales: [Double]) {
    let moments = Matrix(2, features.columns)
    pool.forEachRange(of: features.columns, step: 16, lending: features, moments) {
      range, _, features, moments in
      let count = Double(max(1, features.rows))
      for column in range {
        var sum = 0.0
        for row in 0..<features.rows { sum += features[row, column] }
        let mean = sum / count
        var squares = 0.0
        for row in 0..<features.rows {
          features[row, column] -= mean
          squares += features[row, column] * features[row, column]
        }
        let deviation = (squares / count).squareRoot()
        // What is constant but for rounding would become noise.
        let isConstant = deviation <= 1e-7 * max(abs(mean), 1e-30)
        for row in 0..<features.rows {
          features[row, column] = isConstant ? 0 : features[row, column] / deviation
        }
        moments[0, column] = mean
        moments[1, column] = isConstant ? 1 : deviation
      }
    }
    return (
      features.columns == 0 ? [] : (0..<features.columns).map { moments[0, $0] },
      (0..<features.columns).map { moments[1, $0] }
    )
  }

  private static func axes(
    of features: Matrix, _ algebra: LinearAlgebra, pool: ThreadPool
  ) throws -> Matrix? {
    let isWide = features.rows < features.columns
    let count = min(features.rows, features.columns)
    guard count > 0, count <= mostAxes else { return nil }
    let (values, vectors) = try algebra.eigen(
      algebra.gram(features, ofRows: isWide, pool: pool))
    let least = (values.last ?? 0) * leastVariance
    // Ascending: those that are kept are the last rows.
    let first = values.firstIndex { $0 > least && $0 > 0 } ?? count
    let kept = vectors.part(rows: first..<count)
    guard isWide else { return algebra.transposed(kept) }
    let axes = algebra.product(features.transposed, kept.transposed)
    for column in 0..<axes.columns {
      let length = values[first + column].squareRoot()
      for row in 0..<axes.rows { axes[row, column] /= length }
    }
    return axes
  }
}
