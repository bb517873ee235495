import GraftBase

// Images with any number of labels.

extension Split {
  /// The split of each of `items`, stratified by label (Sechidis, Tsoumakas and Vlahavas, 2011): the rarest
  /// label first, each takes those of its images that no rarer label has taken; images without labels
  /// come last.
  ///
  /// Where a label takes 200 contents or more, the number that a content draws decides alone, so that
  /// an image keeps its split as the folder grows, unless another of its labels becomes the rarest. Fewer
  /// are ordered by their numbers and cut, so that each split gets its share of the label's images, those
  /// that are in it already counted, and at least one where there are enough. Equal contents are never in
  /// two splits: they count with all labels of theirs.
  package func sides(
    of items: [(labels: [Int], content: ContentHash.Digest)], classCount: Int
  ) -> [Partition] {
    var labels: [ContentHash.Digest: Set<Int>] = [:]
    for item in items { labels[item.content, default: []].formUnion(item.labels) }
    var totals = [Int](repeating: 0, count: classCount)
    for set in labels.values { for label in set { totals[label] += 1 } }
    let order = (0..<classCount).sorted { (totals[$0], $0) < (totals[$1], $1) }
    let ranks = order.indices.reduce(into: totals) { $0[order[$1]] = $1 }
    // The last stratum is of images without labels.
    var strata = [[ContentHash.Digest]](repeating: [], count: classCount + 1)
    for (content, set) in labels {
      strata[set.map { ranks[$0] }.min() ?? classCount].append(content)
    }
    var counts = [[Int]](repeating: [0, 0, 0], count: classCount + 1)
    var sides: [ContentHash.Digest: Partition] = [:]
    for (rank, contents) in strata.enumerated() where !contents.isEmpty {
      let label = rank < classCount ? order[rank] : nil
      let taken = label.map { counts[$0] } ?? [0, 0, 0]
      for (content, side) in divided(contents, taken: taken) {
        sides[content] = Self.order[side]
        for label in labels[content] ?? [] { counts[label][side] += 1 }
      }
    }
    return items.map { sides[$0.content] ?? .train }
  }

  private static let order = [Partition.train, .validation, .test]

  /// The side of each content of a stratum; `taken` are images of the label that are in each already.
  private func divided(
    _ contents: [ContentHash.Digest], taken: [Int]
  ) -> [(ContentHash.Digest, Int)] {
    let shares = [ratios.train, ratios.validation, ratios.test]
    let ordered = contents.map { (draw: draw(for: $0), content: $0) }.sorted {
      $0.draw == $1.draw
        ? $0.content.bytes.lexicographicallyPrecedes($1.content.bytes) : $0.draw < $1.draw
    }
    if ordered.count >= Self.rankedClassSize {
      return ordered.map { draw, content in
        (content, draw < shares[0] ? 0 : draw < shares[0] + shares[1] || shares[2] == 0 ? 1 : 2)
      }
    }
    let total = Double(ordered.count + taken.reduce(0, +))
    var wanted = zip(shares, taken).map { max(0, $0 * total - Double($1)) }
    let sum = wanted.reduce(0, +)
    wanted = wanted.map { sum > 0 ? $0 * Double(ordered.count) / sum : 0 }
    var counts = wanted.map { Int($0) }
    // Largest remainders first, train before the others.
    let places = (0..<3).filter { shares[$0] > 0 }.sorted {
      (Double(counts[$0]) - wanted[$0], $0) < (Double(counts[$1]) - wanted[$1], $1)
    }
    for step in 0..<max(0, ordered.count - counts.reduce(0, +)) {
      counts[places[step % places.count]] += 1
    }
    // A split without the label gets one from the largest that can spare it.
    for place in 0..<3 where shares[place] > 0 && counts[place] + taken[place] == 0 {
      let donor = (0..<3).max { (counts[$0], $1) < (counts[$1], $0) } ?? 0
      guard counts[donor] > 1 else { continue }
      counts[donor] -= 1
      counts[place] += 1
    }
    return ordered.enumerated().map { rank, member in
      (member.content, rank < counts[0] ? 0 : rank < counts[0] + counts[1] ? 1 : 2)
    }
  }
}
