extension ConfidentLearning {
  /// The confident joint [label][class]: how many images of a label are of each class, scaled so that a row
  /// adds up to the number of images with the label.
  package var joint: [[Int]] {
    var counts = [[Double]](
      repeating: [Double](repeating: 0, count: classCount), count: classCount)
    for image in labels.indices {
      if let actual = confidentClass(of: image) { counts[labels[image]][actual] += 1 }
    }
    for label in counts.indices { counts[label][label] = max(1, counts[label][label]) }
    let sizes = classSizes.map(Double.init)
    let scaled = counts.indices.map { label in
      let sum = counts[label].reduce(0, +)
      return counts[label].map { $0 / sum * sizes[label] }
    }
    let factor = sizes.reduce(0, +)
    let sum = scaled.reduce(0) { $0 + $1.reduce(0, +) }
    return scaled.map { Self.rounded($0.map { $0 / sum * factor }) }
  }

  private var classSizes: [Int] {
    var sizes = [Int](repeating: 0, count: classCount)
    for label in labels { sizes[label] += 1 }
    return sizes
  }

  /// Images that are named both by class and by pair of classes.
  var suspectsByCounts: [Int] {
    let counts = prunedCounts
    let members = Dictionary(grouping: labels.indices, by: { labels[$0] })
    return (0..<classCount).flatMap { label -> [Int] in
      let own = members[label] ?? []
      // A class of one image keeps it.
      guard own.count > 1 else { return [] }
      let least = own.sorted { (value($0, label), $0) < (value($1, label), $1) }
      let byClass = Set(least.prefix(max(0, own.count - counts[label][label])))
      var byPair: Set<Int> = []
      for other in 0..<classCount where other != label && counts[label][other] > 0 {
        let nearest = own.sorted {
          (value($0, label) - value($0, other), $0) < (value($1, label) - value($1, other), $1)
        }
        byPair.formUnion(nearest.prefix(counts[label][other]))
      }
      return byClass.intersection(byPair).sorted()
    }
  }

  private func value(_ image: Int, _ label: Int) -> Double {
    probabilities[image * classCount + label]
  }

  /// The joint with at least one image of each label that is right.
  private var prunedCounts: [[Int]] {
    joint.enumerated().map { label, row in
      let lacking = Double(max(0, 1 - row[label]))
      let others = max(1, row.count { $0 != 0 } - 1)
      return row.enumerated().map { place, count in
        place == label
          ? max(1, count) : Int(max(0, Double(count) - lacking / Double(others)))
      }
    }
  }

  /// Whole numbers with the sum that the numbers have, rounded: the ones that rounding moved most give way.
  static func rounded(_ numbers: [Double]) -> [Int] {
    var whole = numbers.map { Int($0.rounded(.toNearestOrEven)) }
    let sum = Int(numbers.reduce(0, +).rounded(.toNearestOrEven))
    while true {
      let missing = sum - whole.reduce(0, +)
      guard missing != 0 else { return whole }
      let order = numbers.indices.sorted {
        (numbers[$0] - Double(whole[$0]), $0) < (numbers[$1] - Double(whole[$1]), $1)
      }
      let places = missing > 0 ? order.reversed() : order
      for place in places.prefix(abs(missing)) { whole[place] += missing.signum() }
    }
  }
}
