/// Finds, among the sketches of many images, those that look like one of them.
///
/// Hashes that differ in at most 11 of 64 bits agree but for 2 bits in one of their four parts of 16
/// bits, so that only sketches that share such a part are compared: their number, and with it the
/// time, stays far below that of all pairs. What the hashes let through is confirmed by the thumbnails.
package struct SketchIndex: Sendable {
  /// A sketch that looks like another.
  package struct Match: Sendable, Equatable {
    /// The number of the other.
    package let other: Int
    /// Of the thumbnails' values, up to 1.
    package let correlation: Double
    /// What has to be done to the image to match the other.
    package let orientation: Orientation
  }

  private static let mostBits = 11
  private static let partCount = 4
  private static let partBits = 16
  private static let mostPartBits = 2
  private static let leastCorrelation = 0.97
  /// For images that are plain: two digits of one kind reach 0.99.
  private static let leastPlainCorrelation = 0.995
  /// The largest difference of two thumbnails, as the root of the mean of its square.
  private static let mostDifference = 14.0
  /// Of sketches that look like thousands of others, so many are compared.
  private static let mostComparisons = 20_000

  private let sketches: [ImageSketch]
  /// For each part, where the sketches of each value begin in `members`.
  private let starts: [[Int32]]
  private let members: [[Int32]]

  package init(_ sketches: [ImageSketch]) {
    precondition(sketches.count < Int(Int32.max), "more images than can be numbered")
    self.sketches = sketches
    let hashes = sketches.map { $0.isFlat ? nil : $0.hashes[0] }
    let parts = (0..<Self.partCount).map { Self.sorted(hashes, part: $0) }
    starts = parts.map(\.starts)
    members = parts.map(\.members)
  }

  private static func sorted(
    _ hashes: [UInt64?], part: Int
  ) -> (starts: [Int32], members: [Int32]) {
    var starts = [Int32](repeating: 0, count: 1 << partBits + 1)
    for case let hash? in hashes { starts[value(hash, part) + 1] += 1 }
    for value in 0..<1 << partBits { starts[value + 1] += starts[value] }
    var next = starts
    var members = [Int32](repeating: 0, count: Int(starts[1 << partBits]))
    for (number, hash) in hashes.enumerated() {
      guard let hash else { continue }
      members[Int(next[value(hash, part)])] = Int32(number)
      next[value(hash, part)] += 1
    }
    return (starts, members)
  }

  private static func value(_ hash: UInt64, _ part: Int) -> Int {
    Int(truncatingIfNeeded: hash >> UInt64(partBits * part)) & (1 << partBits - 1)
  }

  /// All numbers of 16 bits of which at most two are set.
  private static let changes: [Int] = (0..<1 << partBits).filter {
    $0.nonzeroBitCount <= mostPartBits
  }

  /// Passes on each sketch of a lower number that looks like this one, in any order, perhaps more than
  /// once; false when there were too many to compare all.
  package func forEachMatch(
    of number: Int, _ body: (Match) -> Void
  ) -> Bool {
    let sketch = sketches[number]
    guard !sketch.isFlat else { return true }
    var comparisonsLeft = Self.mostComparisons
    for (hash, orientation) in zip(sketch.hashes, Orientation.allCases) {
      let thumbnail = sketch.image.oriented(orientation).pixels
      for part in 0..<Self.partCount {
        let own = Self.value(hash, part)
        for change in Self.changes {
          let value = own ^ change
          for place in starts[part][value]..<starts[part][value + 1] {
            let other = Int(members[part][Int(place)])
            // Members are in ascending order.
            if other >= number { break }
            guard Self.isNear(sketches[other].hashes[0] ^ hash, foundIn: part) else { continue }
            guard comparisonsLeft > 0 else { return false }
            comparisonsLeft -= 1
            if let correlation = correlation(thumbnail, sketch, sketches[other]) {
              body(Match(other: other, correlation: correlation, orientation: orientation))
            }
          }
        }
      }
    }
    return true
  }

  /// Whether hashes with these differences are near, and no earlier part has shown that.
  private static func isNear(_ differences: UInt64, foundIn part: Int) -> Bool {
    guard differences.nonzeroBitCount <= mostBits else { return false }
    return (0..<part).allSatisfy { value(differences, $0).nonzeroBitCount > mostPartBits }
  }

  /// That of a laid thumbnail and another; nil where they are not alike.
  private func correlation(
    _ thumbnail: [UInt8], _ sketch: ImageSketch, _ other: ImageSketch
  ) -> Double? {
    var products = 0
    thumbnail.withUnsafeBufferPointer { left in
      other.image.pixels.withUnsafeBufferPointer { right in
        var sum: Int32 = 0
        for place in 0..<min(left.count, right.count) {
          sum &+= Int32(left[place]) &* Int32(right[place])
        }
        products = Int(sum)
      }
    }
    let count = thumbnail.count
    let difference = Double(sketch.squares + other.squares - 2 * products) / Double(count)
    guard difference <= Self.mostDifference * Self.mostDifference else { return nil }
    let covariance = Double(count * products - sketch.sum * other.sum)
    let variances =
      Double(count * sketch.squares - sketch.sum * sketch.sum)
      * Double(count * other.squares - other.sum * other.sum)
    let correlation = covariance / variances.squareRoot()
    let isPlain = sketch.isPlain || other.isPlain
    let least = isPlain ? Self.leastPlainCorrelation : Self.leastCorrelation
    return correlation >= least ? min(1, correlation) : nil
  }
}
