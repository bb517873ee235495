import GraftBase

/// The shares of the images that go to each split.
package struct SplitRatios: Sendable, Equatable, Codable, CustomStringConvertible {
  package let train: Double
  package let validation: Double
  package let test: Double

  /// Shares in any unit (80, 10, 10 or 0.8, 0.1, 0.1); they are scaled to add up to 1.
  package init(train: Double, validation: Double, test: Double = 0) throws {
    let parts = [train, validation, test]
    let sum = parts.reduce(0, +)
    guard parts.allSatisfy({ $0.isFinite && $0 >= 0 }), train > 0, validation + test > 0,
      sum.isFinite
    else {
      throw GraftError(
        .usage, "a split of \(parts.map { "\($0)" }.joined(separator: "/")) leaves a split empty",
        help: "give the shares of train, validation and test, as in split=80/10/10")
    }
    self.train = train / sum
    self.validation = validation / sum
    self.test = test / sum
  }

  private init(trainShare: Double) {
    train = trainShare
    validation = 1 - trainShare
    test = 0
  }

  /// 80 % to train, 20 % to validation: for folders without splits.
  package static let standard = SplitRatios(trainShare: 0.8)

  /// 90 % to train, 10 % to validation: for sets that have their own test split.
  package static let trainOnly = SplitRatios(trainShare: 0.9)

  /// The same proportion of train and validation without a test split.
  var withoutTest: SplitRatios {
    validation > 0 ? SplitRatios(trainShare: train / (train + validation)) : .trainOnly
  }

  package var description: String {
    [train, validation, test].map { "\(Int(($0 * 100).rounded()))" }.joined(separator: "/")
  }
}

/// A stratified split by content, as a pure function.
///
/// Each distinct content draws one number from (seed, content). In classes of 200 contents or more
/// the number alone decides the split: an image keeps its split as the folder grows, and counts
/// come near the ratios. Smaller classes, where chance would matter too much, are ordered by
/// the same numbers and cut at the exact ratios, with at least one image in every split; when they
/// grow, only images next to a cut can change their split. Equal contents are never in two splits,
/// whatever their labels.
package struct Split: Sendable {
  /// Classes with fewer contents are cut by rank.
  package static let rankedClassSize = 200

  package let ratios: SplitRatios
  package let seed: UInt64

  package init(_ ratios: SplitRatios, seed: UInt64 = 0) {
    self.ratios = ratios
    self.seed = seed
  }

  /// The split of each of `items`, in their order; throws when a class is too small to be split.
  package func sides(
    of items: [(label: Int, content: ContentHash.Digest)], classes: [String]
  ) throws -> [Partition] {
    var ownLabels: [ContentHash.Digest: Int] = [:]
    for item in items {
      ownLabels[item.content] = min(item.label, ownLabels[item.content] ?? item.label)
    }
    var members = [[(draw: Double, content: ContentHash.Digest)]](
      repeating: [], count: classes.count)
    for (content, label) in ownLabels {
      members[label].append((draw(for: content), content))
    }
    var sides: [ContentHash.Digest: Partition] = [:]
    for (label, contents) in members.enumerated() where !contents.isEmpty {
      let ordered = contents.sorted {
        $0.draw == $1.draw
          ? $0.content.bytes.lexicographicallyPrecedes($1.content.bytes) : $0.draw < $1.draw
      }
      let counts = try counts(in: ordered.map(\.draw), className: classes[label])
      for (rank, member) in ordered.enumerated() {
        sides[member.content] = side(rank: rank, counts: counts)
      }
    }
    return items.map { sides[$0.content] ?? .train }
  }

  /// How many of the ordered contents of a class go to train and to validation; the rest is test.
  private func counts(
    in draws: [Double], className: String
  ) throws -> (train: Int, validation: Int) {
    let shares = [ratios.train, ratios.validation, ratios.test]
    let sideCount = shares.count { $0 > 0 }
    guard draws.count >= sideCount else {
      throw GraftError(
        .input,
        "class \(className) has \(draws.count) different images, "
          + "too few for the \(sideCount) parts of a split of \(ratios)",
        help: "add images to it, remove it, or split into fewer parts")
    }
    if draws.count >= Self.rankedClassSize {
      let train = draws.count { $0 < ratios.train }
      let validation = draws.count { $0 < ratios.train + ratios.validation } - train
      let byThreshold = [train, validation, draws.count - train - validation]
      if zip(byThreshold, shares).allSatisfy({ $0 > 0 || $1 == 0 }) {
        return (train, validation + (ratios.test == 0 ? byThreshold[2] : 0))
      }
    }
    var counts = shares.map { $0 > 0 ? max(1, Int((Double(draws.count) * $0).rounded())) : 0 }
    while counts.reduce(0, +) != draws.count {
      let step = counts.reduce(0, +) > draws.count ? -1 : 1
      // Train gets what rounding leaves, unless it would end below the largest other split.
      let place = step > 0 || counts[0] > max(counts[1], counts[2]) ? 0 : largestOther(counts)
      counts[place] += step
    }
    return (counts[0], counts[1])
  }

  private func largestOther(_ counts: [Int]) -> Int { counts[2] > counts[1] ? 2 : 1 }

  private func side(rank: Int, counts: (train: Int, validation: Int)) -> Partition {
    if rank < counts.train { return .train }
    return rank < counts.train + counts.validation ? .validation : .test
  }

  /// The number in 0..<1 that decides the split of a content.
  func draw(for content: ContentHash.Digest) -> Double {
    var hash = ContentHash()
    hash.update((0..<8).map { UInt8(truncatingIfNeeded: seed >> (8 * $0)) })
    hash.update(content.bytes)
    return Double(hash.finish().prefix >> 11) * 0x1p-53
  }
}
