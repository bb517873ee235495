/// Where an output position comes from under a change of viewpoint:
/// x' = (a x + b y + c) / (g x + h y + 1), y' = (d x + e y + f) / (g x + h y + 1).
package struct PerspectiveMap: Codable, Equatable, Sendable {
  /// a, b, c, d, e, f, g, h.
  package let coefficients: [Double]

  package static let identity = PerspectiveMap([1, 0, 0, 0, 1, 0, 0, 0])

  /// `coefficients` are the eight of the formula, in alphabetical order.
  package init(_ coefficients: [Double]) {
    precondition(coefficients.count == 8, "a perspective has eight coefficients")
    self.coefficients = coefficients
  }

  package init(_ map: AffineMap) { self.init([map.a, map.b, map.c, map.d, map.e, map.f, 0, 0]) }

  /// The map that shows the four points `corners` of the source at `targets` of the output.
  ///
  /// Solved in float64 and rounded to float32, as torchvision does. Nil when no such map exists,
  /// as when three of the points lie on a line.
  package init?(moving corners: [SIMD2<Double>], to targets: [SIMD2<Double>]) {
    precondition(corners.count == 4 && targets.count == 4, "a perspective is set by four points")
    var equations: [[Double]] = []
    for (from, to) in zip(corners, targets) {
      equations.append([to.x, to.y, 1, 0, 0, 0, -from.x * to.x, -from.x * to.y, from.x])
      equations.append([0, 0, 0, to.x, to.y, 1, -from.y * to.x, -from.y * to.y, from.y])
    }
    guard let solution = solved(equations) else { return nil }
    self.init(solution.map { Double(Float($0)) })
  }

  /// The source position of an output position; infinite or not a number on the horizon.
  @inline(__always)
  func source(_ x: Double, _ y: Double) -> SIMD2<Double> {
    coefficients.withUnsafeBufferPointer { m in
      let depth = m[6] * x + m[7] * y + 1
      return SIMD2((m[0] * x + m[1] * y + m[2]) / depth, (m[3] * x + m[4] * y + m[5]) / depth)
    }
  }

  /// Where a point of the source appears in the output; nil on the horizon or without an inverse.
  func target(of point: SIMD2<Double>) -> SIMD2<Double>? {
    let m = coefficients
    // The adjugate of the matrix [a b c; d e f; g h 1], which is its inverse up to a factor.
    let x = SIMD3(m[4] - m[5] * m[7], m[2] * m[7] - m[1], m[1] * m[5] - m[2] * m[4])
    let y = SIMD3(m[5] * m[6] - m[3], m[0] - m[2] * m[6], m[2] * m[3] - m[0] * m[5])
    let depth = SIMD3(
      m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3])
    let homogeneous = SIMD3(point.x, point.y, 1)
    let scale = (depth * homogeneous).sum()
    let target = SIMD2((x * homogeneous).sum() / scale, (y * homogeneous).sum() / scale)
    return target.x.isFinite && target.y.isFinite ? target : nil
  }
}

/// The solution of n equations in n unknowns, rows of n factors and the right side, by elimination
/// with row exchange; nil when there is no single one.
private func solved(_ equations: [[Double]]) -> [Double]? {
  var rows = equations
  let count = rows.count
  for column in 0..<count {
    let pivot = (column..<count).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
    guard abs(rows[pivot][column]) > 1e-9 else { return nil }
    rows.swapAt(column, pivot)
    for row in 0..<count where row != column {
      let factor = rows[row][column] / rows[column][column]
      for index in column...count { rows[row][index] -= factor * rows[column][index] }
    }
  }
  return rows.indices.map { rows[$0][count] / rows[$0][$0] }
}
