import GraftBase
import GraftEngine
import GraftKernels

/// Features of images, a row for each, divided by their length: what is like an image has a small angle to it.
///
/// Distances are 1 less the cosine, 0...2, as those of scikit-learn's `NearestNeighbors(metric="cosine")`. All
/// rows are compared with the query, by products in float32 whose order does not depend on threads; those of
/// the first ones are computed again in float64.
package final class NeighborIndex {
  /// Another image.
  package struct Neighbor: Hashable, Sendable {
    package let row: Int
    package let distance: Double
  }

  /// Features of an image.
  package let width: Int
  /// SHA-256 of the image of each row.
  package let contents: [ContentHash.Digest]
  /// [rows, stride], zeros behind each row's features.
  let rows: Storage

  /// Rows that a thread compares at a time.
  private static let block = 512
  /// So many more rows than are asked for are compared again.
  private static let spare = 32

  /// An index without features yet; throws where there is no memory for it.
  package init(contents: [ContentHash.Digest], width: Int) throws {
    precondition(width > 0, "features without numbers")
    self.width = width
    self.contents = contents
    rows = try .reserve(
      contents.count * Self.stride(width), for: "an index of \(contents.count) images")
  }

  package var count: Int { contents.count }

  /// From one row to the next: whole vectors of the processor.
  static func stride(_ width: Int) -> Int { (width + 63) / 64 * 64 }
  var stride: Int { Self.stride(width) }

  /// Sets the features of an image; they are divided by their length, of which 10⁻¹² is the least.
  package func set(_ features: some Collection<Float>, row: Int) {
    precondition(features.count == width, "features of another encoder")
    let length = features.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let target = slice(row)
    for (place, value) in features.enumerated() {
      target.pointer[place] = Float(Double(value) / max(length, 1e-12))
    }
  }

  /// Takes a row of another index of the same encoder.
  package func take(_ other: NeighborIndex, _ otherRow: Int, as row: Int) {
    precondition(other.width == width, "features of another encoder")
    slice(row).copy(from: other.slice(otherRow))
  }

  private func slice(_ row: Int) -> Slice { rows.slice.part(row * stride, count: stride) }

  /// The features of a row, of length 1.
  package func features(of row: Int) -> [Float] { Array(slice(row).buffer.prefix(width)) }

  /// The `limit` images nearest to features of any length, without some rows; of equals the earlier row.
  package func nearest(
    to features: [Float], limit: Int, without left: Set<Int> = [], pool: ThreadPool
  ) throws -> [Neighbor] {
    let query = try NeighborIndex(contents: [ContentHash.of([])], width: features.count)
    query.set(features, row: 0)
    precondition(query.width == width, "features of another encoder")
    let products = try Storage.reserve(count, for: "the products of \(count) images")
    pool.forEachRange(
      of: count, step: Self.block, lending: rows.slice, query.rows.slice, products.slice, stride
    ) { range, _, rows, query, products, stride in
      graft_row_products(
        rows.pointer + range.lowerBound * stride, query.pointer, range.count, stride,
        products.pointer + range.lowerBound)
    }
    let candidates = Self.largest(
      products.slice, limit: min(count, limit + Self.spare), without: left)
    withExtendedLifetime(products) {}
    let unit = query.slice(0)
    return candidates.map { row in
      Neighbor(row: row, distance: Self.distance(slice(row), unit))
    }
    .sorted { ($0.distance, $0.row) < ($1.distance, $1.row) }
    .prefix(limit).map { $0 }
  }

  /// Of two rows; their lengths count, which float32 rounds.
  private static func distance(_ one: Slice, _ other: Slice) -> Double {
    var (product, first, second) = (0.0, 0.0, 0.0)
    for place in 0..<one.count {
      let (x, y) = (Double(one.pointer[place]), Double(other.pointer[place]))
      product += x * y
      first += x * x
      second += y * y
    }
    guard first > 0, second > 0 else { return 1 }
    return min(2, max(0, 1 - product / (first * second).squareRoot()))
  }

  /// The places of the largest numbers, in any order.
  private static func largest(_ values: Slice, limit: Int, without left: Set<Int>) -> [Int] {
    guard limit > 0 else { return [] }
    // Falling; most numbers are below the last one.
    var best: [(value: Float, row: Int)] = []
    best.reserveCapacity(limit + 1)
    var least = -Float.infinity
    for row in 0..<values.count {
      let value = values.pointer[row]
      guard best.count < limit || value > least, !left.contains(row) else { continue }
      var place = best.count
      while place > 0, best[place - 1].value < value { place -= 1 }
      best.insert((value, row), at: place)
      if best.count > limit { best.removeLast() }
      least = best[best.count - 1].value
    }
    return best.map(\.row)
  }
}
