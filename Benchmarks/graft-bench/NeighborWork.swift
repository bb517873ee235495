import GraftBase
import GraftKernels
import GraftTraining

/// A search for the images that are most like one, among the kept features of many.
final class NeighborWork {
  private let index: NeighborIndex
  private let query: [Float]
  private let pool: ThreadPool

  init(images: Int, width: Int, pool: ThreadPool) throws {
    index = try NeighborIndex(
      contents: [ContentHash.Digest](repeating: ContentHash.of([]), count: images), width: width)
    self.pool = pool
    var random = RandomStream(seed: 1, purpose: .drawing)
    let numbers = (0..<65_536 + width).map { _ in Float(random.uniform()) - 0.5 }
    for row in 0..<images {
      let start = row &* 7919 & 65_535
      index.set(numbers[start..<(start + width)], row: row)
    }
    query = index.features(of: images / 2)
  }

  /// Milliseconds of one search for the twelve nearest.
  func milliseconds(seconds: Double) throws -> Double {
    let start = ContinuousClock.now
    var (count, elapsed) = (0.0, 0.0)
    repeat {
      _ = try index.nearest(to: query, limit: 12, pool: pool)
      count += 1
      elapsed = (ContinuousClock.now - start) / .seconds(1)
    } while elapsed < seconds
    return 1000 * elapsed / count
  }
}
