import GraftBase

/// Parts of labeled images that are held out in turn, each class spread evenly over them.
enum StratifiedFolds {
  /// The part, 0..<count, of each image: a function of labels and seed alone.
  static func folds(_ labels: [Int], count: Int, seed: UInt64) -> [Int] {
    var folds = [Int](repeating: 0, count: labels.count)
    let members = Dictionary(grouping: labels.indices, by: { labels[$0] })
    var random = RandomStream(seed: seed, purpose: .split, slot: 1)
    // Classes follow on each other, so that the parts have one size, give or take one.
    var next = 0
    for label in members.keys.sorted() {
      let own = members[label] ?? []
      for place in random.permutation(own.count) {
        folds[own[place]] = next % count
        next += 1
      }
    }
    return folds
  }
}
