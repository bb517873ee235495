import Foundation
import GraftKernels

/// How embeddings of a square map are resampled for a map of another size: PyTorch's bicubic
/// interpolation with antialiasing, along rows and columns.
final class EmbeddingSampling: Sendable {
  /// The entries that one entry of the result is a weighted sum of.
  private struct Tap: Sendable {
    let first: Int
    let weights: [Float]
  }

  private let side: Int
  private let rows, columns: [Tap]

  init(side: Int, height: Int, width: Int) {
    self.side = side
    rows = Self.taps(from: side, to: height)
    columns = width == height ? rows : Self.taps(from: side, to: width)
  }

  var isIdentity: Bool { rows.count == side && columns.count == side }

  private static func taps(from count: Int, to size: Int) -> [Tap] {
    if size == count { return (0..<size).map { Tap(first: $0, weights: [1]) } }
    let scale = Double(count) / Double(size)
    let stretch = max(scale, 1)
    return (0..<size).map { place in
      let center = scale * (Double(place) + 0.5)
      let first = max(0, Int(center - 2 * stretch + 0.5))
      let end = min(count, Int(center + 2 * stretch + 0.5))
      let weights = (first..<end).map { cubic((Double($0) + 0.5 - center) / stretch) }
      let sum = weights.reduce(0, +)
      return Tap(first: first, weights: weights.map { Float($0 / sum) })
    }
  }

  /// Keys' cubic with a = -0.5 (Keys, 1981).
  private static func cubic(_ distance: Double) -> Double {
    let x = abs(distance)
    let a = -0.5
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
  }

  /// Calls `body` for each pixel of the result, each it is made of, and the weight.
  private func forEachPair(_ body: (_ to: Int, _ from: Int, _ weight: Float) -> Void) {
    for (row, vertical) in rows.enumerated() {
      for (column, horizontal) in columns.enumerated() {
        for (i, y) in vertical.weights.enumerated() {
          for (j, x) in horizontal.weights.enumerated() {
            body(
              row * columns.count + column,
              (vertical.first + i) * side + horizontal.first + j, y * x)
          }
        }
      }
    }
  }

  /// y = the embeddings x [side · side, C] at each pixel of the map.
  func resample(_ x: Slice, _ channels: Int, to y: Slice) {
    if isIdentity {
      return y.part(0, count: side * side * channels).copy(
        from: x.part(0, count: side * side * channels))
    }
    y.part(0, count: rows.count * columns.count * channels).fill(0)
    forEachPair { to, from, weight in
      graft_scale(
        x.pointer + from * channels, weight, channels, 1, y.pointer + to * channels)
    }
  }

  /// dx (+)= the gradients dy of the pixels.
  func gradient(_ dy: Slice, _ channels: Int, to dx: GradientSlot) {
    let count = side * side * channels
    if isIdentity {
      return graft_copy(dy.pointer, count, dx.flag, dx.slice.pointer)
    }
    if !dx.accumulates { dx.slice.part(0, count: count).fill(0) }
    forEachPair { to, from, weight in
      graft_scale(
        dy.pointer + to * channels, weight, channels, 1, dx.slice.pointer + from * channels)
    }
  }

  /// The weights of all pairs, [pixels, side · side].
  var matrix: [Float] {
    var matrix = [Float](repeating: 0, count: rows.count * columns.count * side * side)
    forEachPair { to, from, weight in matrix[to * side * side + from] += weight }
    return matrix
  }
}
