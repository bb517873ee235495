import Foundation
import GraftBase
import GraftKernels
import Testing

@testable import GraftTraining

/// Images by the angle of their features, compared with scikit-learn 1.7 (`NearestNeighbors(metric="cosine")`).
@Suite struct NeighborIndexTests {
  private static let width = 70

  /// A row whose number has a pattern that repeats: rows 235 and 299 are equal.
  private static func features(_ row: Int) -> [Float] {
    (0..<width).map { column in
      let number = row * 37 + column * 101 + (row * row * column) % 89 * 7
      return Float(Double(number % 64) / 64 - 0.3)
    }
  }

  private static func index(_ rows: Int = 300) throws -> NeighborIndex {
    let index = try NeighborIndex(
      contents: (0..<rows).map { ContentHash.of([UInt8($0 & 255), UInt8($0 >> 8)]) }, width: width)
    for row in 0..<rows { index.set(features(row), row: row) }
    return index
  }

  @Test(arguments: [1, 3]) func distancesAreThoseOfScikitLearn(_ threads: Int) throws {
    let pool = ThreadPool(threads: threads)
    let index = try Self.index()
    let expected: [(query: Int, rows: [Int], distances: [Double])] = [
      (
        0, [0, 178, 120, 298, 234, 236],
        [
          0, 0.3719407133695759, 0.4568293589835267, 0.523024760390548, 0.5251993391508061,
          0.5305488956952,
        ]
      ),
      (
        123, [123, 152, 144, 283, 109, 236],
        [
          0, 0.40449100591549114, 0.429710711487041, 0.4719400563937768, 0.5232803697767248,
          0.538744353731202,
        ]
      ),
      (
        299, [235, 299, 57, 121, 159, 197],
        [0, 0, 0.3165768999173999, 0.3165768999173999, 0.4332253598494985, 0.4564255072968809]
      ),
    ]
    for (query, rows, distances) in expected {
      // The length of a query does not count.
      let found = try index.nearest(
        to: Self.features(query).map { 3 * $0 }, limit: 6, pool: pool)
      #expect(found.map(\.row) == rows)
      for (neighbor, distance) in zip(found, distances) {
        #expect(abs(neighbor.distance - distance) < 1e-6)
      }
    }
    let others = try index.nearest(
      to: Self.features(299), limit: 3, without: [235, 299], pool: pool)
    #expect(others.map(\.row) == [57, 121, 159])
    #expect(try index.nearest(to: Self.features(0), limit: 1000, pool: pool).count == 300)
    #expect(
      try index.nearest(
        to: [Float](repeating: 0, count: Self.width), limit: 1, pool: pool)[0].distance == 1)
  }

  @Test func aFileIsWholeOrIgnored() throws {
    let path = NSTemporaryDirectory() + "graft-\(UUID().uuidString).features"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let key = ContentHash.of([1])
    let index = try Self.index(40)
    try index.write(to: path, key: key)
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    #expect(size == index.fileSize)
    let past = Date(timeIntervalSince1970: 1_000_000_000)
    try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: path)
    let read = try #require(try NeighborIndex.read(path, key: key, width: Self.width))
    let facts = try FileManager.default.attributesOfItem(atPath: path)
    #expect(facts[.modificationDate] as? Date != past)
    #expect(read.contents == index.contents)
    #expect((0..<40).allSatisfy { read.features(of: $0) == index.features(of: $0) })
    #expect(try NeighborIndex.read(path, key: ContentHash.of([2]), width: Self.width) == nil)
    #expect(try NeighborIndex.read(path, key: key, width: 71) == nil)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count - 100] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(try NeighborIndex.read(path, key: key, width: Self.width) == nil)
    try bytes.dropLast(9).write(to: URL(fileURLWithPath: path))
    #expect(try NeighborIndex.read(path, key: key, width: Self.width) == nil)
    #expect(try NeighborIndex.read(path + "x", key: key, width: Self.width) == nil)
  }
}
