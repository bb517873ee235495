import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

/// Which images excite the units of a layer most, and where in them.
package struct UnitExcitement: Sendable {
  /// The strongest place of a unit in one image.
  package struct Hit: Sendable, Equatable {
    /// Stable index in the data set.
    package let sample: Int
    package let value: Float
    /// Row and column of the map; 0 and 0 of a vector.
    package let y: Int
    package let x: Int
  }

  /// The hits of each unit, strongest first; of equals the one that was seen first.
  package private(set) var hits: [[Hit]]
  /// The mean over images of each unit's strongest values.
  package private(set) var means: [Double]
  package private(set) var imageCount = 0

  /// Runs every image of `source` up to `layer`, and keeps `count` hits of each unit; nil when `onBatch`
  /// answered false.
  package init?(
    of layer: Value, in network: ExplainedNetwork, keeping count: Int, from source: any BatchSource,
    pool: ThreadPool, onBatch: (_ done: Int, _ of: Int) -> Bool = { _, _ in true }
  ) throws {
    let units = layer.shape.channels
    hits = Array(repeating: [], count: units)
    means = Array(repeating: 0, count: units)
    var found = (hits: hits, sums: means, images: 0)
    var plans: [Int: Plan] = [:]
    let arena = Arena()
    let isWhole = try source.forEachBatch(onBatch: onBatch) { batch in
      let plan =
        try plans[batch.count]
        ?? Plan(
          graph: network.graph, outputs: [layer], inputShapes: ["image": batch.imageShape],
          pool: pool, arena: arena)
      plans[batch.count] = plan
      plan.input("image").copy(from: batch.images)
      plan.forward()
      let values = plan.value(layer).buffer
      let columns = layer.shape.rank == 4 ? layer.shape[2] : 1
      let places = values.count / batch.count / units
      for (image, sample) in batch.samples.enumerated() {
        for unit in 0..<units {
          let start = image * places * units + unit
          var best = (place: 0, value: values[start])
          for place in 1..<max(1, places) where values[start + place * units] > best.value {
            best = (place, values[start + place * units])
          }
          found.sums[unit] += Double(best.value)
          let hit = Hit(
            sample: sample, value: best.value, y: best.place / columns, x: best.place % columns)
          Self.insert(hit, into: &found.hits[unit], keeping: count)
        }
      }
      found.images += batch.count
    }
    guard isWhole else { return nil }
    hits = found.hits
    imageCount = found.images
    means = found.sums.map { $0 / Double(max(1, found.images)) }
  }

  private static func insert(_ hit: Hit, into hits: inout [Hit], keeping count: Int) {
    guard hit.value.isFinite else { return }
    let place = hits.firstIndex { $0.value < hit.value } ?? hits.count
    guard place < count else { return }
    hits.insert(hit, at: place)
    if hits.count > count { hits.removeLast() }
  }

  /// The units that single images excite far more than the others do, in the order of the layer: those whose
  /// strongest value is farthest above the mean, as a multiple of the mean's magnitude.
  package func mostSelective(_ count: Int) -> [Int] {
    func selectivity(_ unit: Int) -> Double {
      guard let first = hits[unit].first, first.value > 0 else { return 0 }
      return (Double(first.value) - means[unit]) / max(abs(means[unit]), 1e-6)
    }
    let scores = hits.indices.map(selectivity)
    return hits.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }.prefix(count).sorted()
  }
}
