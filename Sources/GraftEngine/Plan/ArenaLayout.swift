/// Lays buffers with known lifetimes into one block so that buffers alive together do not overlap.
struct ArenaLayout {
  /// A buffer, alive from its first step to its last, both included.
  struct Buffer {
    var count: Int
    var first: Int
    var last: Int
  }

  /// Where each buffer starts, in floats.
  private(set) var offsets: [Int]
  /// Floats of the whole block.
  private(set) var count = 0

  /// Places the largest first, each at the lowest gap that is free during its life.
  init(_ buffers: [Buffer]) {
    offsets = [Int](repeating: 0, count: buffers.count)
    var placed: [Int] = []
    let order = buffers.indices.sorted {
      (buffers[$1].count, $0) < (buffers[$0].count, $1)
    }
    for index in order where buffers[index].count > 0 {
      let buffer = buffers[index]
      let size = Self.padded(buffer.count)
      let neighbors = placed.filter {
        buffers[$0].first <= buffer.last && buffer.first <= buffers[$0].last
      }.sorted { offsets[$0] < offsets[$1] }
      var offset = 0
      for neighbor in neighbors where offset + size > offsets[neighbor] {
        offset = max(offset, offsets[neighbor] + Self.padded(buffers[neighbor].count))
      }
      offsets[index] = offset
      count = max(count, offset + size)
      placed.append(index)
    }
  }

  /// Buffers start on cache lines.
  static func padded(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}
