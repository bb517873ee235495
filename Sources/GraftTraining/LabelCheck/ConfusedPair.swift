/// Two classes that a held-out head takes for each other.
package struct ConfusedPair: Sendable, Hashable {
  /// The classes, the earlier one first.
  package let classes: [Int]
  /// Images of either that are most probable as the other, of those that are most probable as one of the two.
  package let confused: Proportion
}

extension HeldOutHead {
  /// Pairs of which any image is taken for the other, the most confused first.
  package var confusedPairs: [ConfusedPair] {
    var counts = [[Int]](repeating: [Int](repeating: 0, count: classCount), count: classCount)
    for (image, label) in labels.enumerated() {
      let row = probabilities[image * classCount..<(image + 1) * classCount]
      let best = row.indices.reduce(row.startIndex) { row[$1] > row[$0] ? $1 : $0 }
      counts[label][best - row.startIndex] += 1
    }
    var pairs: [ConfusedPair] = []
    for first in 0..<classCount {
      for second in first + 1..<max(classCount, first + 1) {
        let confused = counts[first][second] + counts[second][first]
        guard confused > 0 else { continue }
        let all = confused + counts[first][first] + counts[second][second]
        pairs.append(
          ConfusedPair(classes: [first, second], confused: Proportion(confused, of: all)))
      }
    }
    return pairs.sorted {
      ($1.confused.value, $0.classes[0], $0.classes[1])
        < ($0.confused.value, $1.classes[0], $1.classes[1])
    }
  }
}
