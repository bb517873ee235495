import GraftBase
import GraftImaging
import GraftKernels

/// Images of a data set that are copies of others, though their bytes differ: saved again, resized,
/// mirrored or turned.
///
/// Each image is listed once for each of the two lists, with the one that it resembles most.
package struct NearCopies: Sendable {
  /// An image and the one that it looks like.
  package struct Pair: Sendable {
    /// The number of the image, the later of the two: by split, and inside a split by path.
    package let image: Int
    package let original: Int
    /// Of the two as gray thumbnails, up to 1.
    package let correlation: Double
    /// What has to be done to the image to match the original.
    package let orientation: Orientation
  }

  /// Images that look like one of an earlier split, the most alike first; exact copies are not among
  /// them, `DataSet.straddlingDuplicates` has those.
  package private(set) var acrossSplits: [Pair] = []
  /// Images that look like one of their own split, the most alike first; exact copies included.
  package private(set) var insideSplits: [Pair] = []
  /// Images of nearly one color, which cannot be compared.
  package let flatCount: Int
  /// Images that resemble too many others to compare them with all.
  package private(set) var crowdedCount = 0

  private static let sliceLength = 256

  /// Compares all images of a data set; `progress` gets the finished part of 1, and may throw to stop.
  package init(
    in data: DataSet, pool: ThreadPool, progress: (Double) throws -> Void = { _ in }
  ) throws {
    // In the order of splits, so that an image is compared with those before it.
    let sides = Partition.allCases.flatMap { side in data.partition(side).map { ($0, side) } }
    var sketches: [ImageSketch] = []
    sketches.reserveCapacity(sides.count)
    for start in stride(from: 0, to: sides.count, by: Self.sliceLength) {
      let slice = Array(sides[start..<min(start + Self.sliceLength, sides.count)])
      for sketch in pool.map(slice, { ImageSketch(try data.storedImage(at: $0.0)) }) {
        sketches.append(try sketch.get())
      }
      try progress(0.9 * Double(sketches.count) / Double(sides.count))
    }
    flatCount = sketches.count(where: \.isFlat)
    let index = SketchIndex(sketches)
    for start in stride(from: 0, to: sides.count, by: Self.sliceLength) {
      let slice = Array(start..<min(start + Self.sliceLength, sides.count))
      for found in pool.map(slice, { Self.closest(to: $0, index, sides, data) }) {
        add(try found.get())
      }
      try progress(0.9 + 0.1 * Double(start + slice.count) / Double(sides.count))
    }
    func isBefore(_ left: Pair, _ right: Pair) -> Bool {
      (-left.correlation, left.image) < (-right.correlation, right.image)
    }
    acrossSplits.sort(by: isBefore)
    insideSplits.sort(by: isBefore)
  }

  private struct Closest: Sendable {
    var across: Pair?
    var inside: Pair?
    var isComplete = true
  }

  private mutating func add(_ found: Closest) {
    if let pair = found.across { acrossSplits.append(pair) }
    if let pair = found.inside { insideSplits.append(pair) }
    if !found.isComplete { crowdedCount += 1 }
  }

  private static func closest(
    to place: Int, _ index: SketchIndex, _ sides: [(Int, Partition)], _ data: DataSet
  ) -> Closest {
    var result = Closest()
    let (image, side) = sides[place]
    func better(_ match: SketchIndex.Match, than other: Pair?) -> Pair {
      let pair = Pair(
        image: image, original: sides[match.other].0, correlation: match.correlation,
        orientation: match.orientation)
      guard let other else { return pair }
      func rank(_ pair: Pair) -> (Double, Int, Int) {
        (-pair.correlation, pair.orientation.rawValue, pair.original)
      }
      return rank(pair) < rank(other) ? pair : other
    }
    result.isComplete = index.forEachMatch(of: place) { match in
      let (original, otherSide) = sides[match.other]
      if side == otherSide {
        result.inside = better(match, than: result.inside)
      } else if data.samples[original].content != data.samples[image].content {
        result.across = better(match, than: result.across)
      }
    }
    return result
  }
}
