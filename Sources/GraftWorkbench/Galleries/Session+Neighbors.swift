import GraftBase
import GraftData
import GraftModels
import GraftTraining

extension Session {
  /// Images that a thread sees before their features are kept.
  private static let indexedAtOnce = 4_096

  /// The features of all images of a data set, and how many were computed now: those of images that were seen
  /// before, in this session or in the cache's folder, are taken from there.
  ///
  /// `place` is where the images are, so that folders keep an index each. An image is known by its bytes, so one that
  /// changed, was added or removed is noticed.
  func neighborIndex(
    of data: DataSet, at place: String, by model: Model
  ) throws -> (index: NeighborIndex, computed: Int) {
    let key = model.featureKey(grayRange: data.grayRange)
    let contents = data.samples.map(\.content)
    let kept = workbench.neighborIndex
    if let kept, kept.key == key, kept.index.contents == contents { return (kept.index, 0) }
    var fileKey = ContentHash()
    fileKey.update(key.bytes)
    fileKey.update(place)
    let name = fileKey.finish()
    let path = try workbench.features.indexPath(name)
    let stored = try path.flatMap {
      try NeighborIndex.read($0, key: name, width: model.featureWidth)
    }
    if let stored, stored.contents == contents {
      workbench.neighborIndex = (key, stored)
      return (stored, 0)
    }
    let known = [kept.flatMap { $0.key == key ? $0.index : nil }, stored].compactMap { $0 }
    let index = try NeighborIndex(contents: contents, width: model.featureWidth)
    let missing = index.fill(from: known)
    try compute(missing, of: data, by: model, into: index)
    workbench.neighborIndex = (key, index)
    if let path { keep(index, at: path, key: name) }
    return (index, missing.count)
  }

  /// Computes the features of these images, some at a time.
  private func compute(
    _ missing: [Int], of data: DataSet, by model: Model, into index: NeighborIndex
  ) throws {
    for start in stride(from: 0, to: missing.count, by: Self.indexedAtOnce) {
      let part = missing[start..<min(missing.count, start + Self.indexedAtOnce)]
      let embedding = try embedding(
        of: data.choosing(Array(part)), .train, by: model,
        verb: "features of \(data.name.escapingControlCharacters)")
      for (row, sample) in embedding.samples.enumerated() {
        index.set(
          embedding.values[row * embedding.width..<(row + 1) * embedding.width], row: sample)
      }
    }
  }

  /// Writes an index for later sessions, where there is room.
  private func keep(_ index: NeighborIndex, at path: String, key: ContentHash.Digest) {
    do {
      try workbench.features.makeRoom(forIndexOf: index.fileSize)
      try index.write(to: path, key: key)
    } catch {
      console.warn("the index is not kept: \((error as? GraftError)?.message ?? "\(error)")")
    }
  }
}

extension NeighborIndex {
  /// Takes the rows of images that other indices have; returns those that none has.
  fileprivate func fill(from others: [NeighborIndex]) -> [Int] {
    var places: [ContentHash.Digest: (index: Int, row: Int)] = [:]
    for (number, other) in others.enumerated() {
      for (row, content) in other.contents.enumerated() { places[content] = (number, row) }
    }
    return contents.indices.filter { row in
      guard let place = places[contents[row]] else { return true }
      take(others[place.index], place.row, as: row)
      return false
    }
  }
}
