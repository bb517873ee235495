import Foundation
import GraftBase
import GraftKernels

/// A layout on its way: gradient descent with momentum, each coordinate with a gain of its own (Jacobs, 1988).
final class TSNELayout: Sendable {
  private let count: Int
  /// Columns of rows that SIMD reads, with room for points that are not there.
  private let stride: Int
  /// Symmetric neighborhoods that add up to 1, [N, stride].
  private let affinities: Matrix
  /// Both coordinates, [2, stride]; points that are not there lie far away.
  private let places: Matrix
  /// Of each coordinate: its last move, and its gain, [2, N] each.
  private let moves: Matrix
  private let gains: Matrix
  /// Of each point: attraction, repulsion, and the sum of its similarities, [N, 5].
  private let forces: Matrix

  private static let exaggeration = 12.0
  private static let exaggeratedSteps = 250
  private static let width = 4
  private static let block = 16
  /// So far that the similarity to any point is 0, and its square is still a number.
  private static let farAway = 1e150

  /// From conditional probabilities, [N, N], beginning at the first two principal components made small.
  init(
    _ conditional: Matrix, startingFrom components: PrincipalComponents, seed: UInt64
  ) {
    count = conditional.rows
    stride = (count + Self.width - 1) / Self.width * Self.width
    affinities = Matrix(count, stride)
    for row in 0..<count {
      for column in 0..<count {
        affinities[row, column] =
          (conditional[row, column] + conditional[column, row]) / (2 * Double(count))
      }
    }
    places = Matrix(2, stride)
    moves = Matrix(2, count)
    gains = Matrix(2, count)
    forces = Matrix(count, 5)
    let first = components.scores(0)
    let spread = (first.map { $0 * $0 }.reduce(0, +) / Double(count)).squareRoot()
    let scale = spread > 0 ? 1e-4 / spread : 0
    // A little noise parts equal points, and points on a line.
    var stream = RandomStream(seed: seed, purpose: .drawing)
    for axis in 0..<2 {
      for point in 0..<stride {
        places[axis, point] =
          point < count
          ? components.score(point, axis) * scale + 1e-6 * (stream.uniform() - 0.5)
          : Self.farAway
      }
      for point in 0..<count { gains[axis, point] = 1 }
    }
  }

  /// One step, counted from 0.
  func move(_ step: Int, pool: ThreadPool) {
    let isExaggerated = step < Self.exaggeratedSteps
    let momentum = isExaggerated ? 0.5 : 0.8
    let rate = max(50, Double(count) / Self.exaggeration / 4)
    pool.forEachRange(of: count, step: Self.block, lending: self) { range, _, layout in
      for point in range { layout.computeForces(on: point) }
    }
    let total = similarities
    let factor = isExaggerated ? Self.exaggeration : 1
    for axis in 0..<2 {
      for point in 0..<count {
        let gradient =
          4 * (factor * forces[point, axis] - forces[point, 2 + axis] / total)
        let last = moves[axis, point]
        let gain =
          (gradient > 0) != (last > 0) ? gains[axis, point] + 0.2 : gains[axis, point] * 0.8
        gains[axis, point] = max(0.01, gain)
        moves[axis, point] = momentum * last - rate * gains[axis, point] * gradient
        places[axis, point] += moves[axis, point]
      }
    }
  }

  /// The sum over all pairs, in the order of points.
  private var similarities: Double {
    var sum = 0.0
    for point in 0..<count { sum += forces[point, 4] }
    return max(sum, 1e-300)
  }

  private func computeForces(on point: Int) {
    let x = UnsafeRawPointer(places.values.pointer)
    let y = UnsafeRawPointer(places.values.pointer + stride)
    let p = UnsafeRawPointer(affinities.values.pointer + point * stride)
    typealias Numbers = SIMD4<Double>
    let one = Numbers(repeating: 1)
    let ownX = Numbers(repeating: places[0, point])
    let ownY = Numbers(repeating: places[1, point])
    var (pullX, pullY, pushX, pushY, sum) = (
      Numbers.zero, Numbers.zero, Numbers.zero, Numbers.zero, Numbers.zero
    )
    var byte = 0
    while byte < stride * 8 {
      let dx = ownX - x.loadUnaligned(fromByteOffset: byte, as: Numbers.self)
      let dy = ownY - y.loadUnaligned(fromByteOffset: byte, as: Numbers.self)
      let similarity = one / (one + dx * dx + dy * dy)
      let pull = p.loadUnaligned(fromByteOffset: byte, as: Numbers.self) * similarity
      let push = similarity * similarity
      pullX += pull * dx
      pullY += pull * dy
      pushX += push * dx
      pushY += push * dy
      sum += similarity
      byte += 8 * Self.width
    }
    forces[point, 0] = pullX.sum()
    forces[point, 1] = pullY.sum()
    forces[point, 2] = pushX.sum()
    forces[point, 3] = pushY.sum()
    // Without the point's similarity to itself.
    forces[point, 4] = sum.sum() - 1
  }

  /// The places moved so that their mean is 0, [N, 2].
  var centered: Matrix {
    let result = Matrix(count, 2)
    for axis in 0..<2 {
      var sum = 0.0
      for point in 0..<count { sum += places[axis, point] }
      for point in 0..<count { result[point, axis] = places[axis, point] - sum / Double(count) }
    }
    return result
  }

  /// How much the similarities of the layout differ from the neighborhoods.
  func divergence(pool: ThreadPool) -> Double {
    pool.forEachRange(of: count, step: Self.block, lending: self) { range, _, layout in
      for point in range { layout.computeForces(on: point) }
    }
    let total = similarities
    var sum = 0.0
    for row in 0..<count {
      for column in 0..<count where affinities[row, column] > 0 {
        let (dx, dy) = (
          places[0, row] - places[0, column], places[1, row] - places[1, column]
        )
        sum +=
          affinities[row, column] * log(affinities[row, column] * total * (1 + dx * dx + dy * dy))
      }
    }
    return sum
  }
}
