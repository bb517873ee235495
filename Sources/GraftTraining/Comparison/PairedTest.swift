import Foundation

/// Do two models, or two ways to train, differ on the same images? An exact randomization test over
/// images (Fisher, 1935).
///
/// Of each image counts how many more of the one's trainings were right than of the other's. Under the
/// null hypothesis the sign of each such difference is a fair coin. With one training each this is
/// McNemar's exact test (1947). The seeds of trainings are not a sample of their own here: an image counts
/// once, however often it was predicted.
package struct PairedTest: Hashable, Sendable {
  /// The differences that are not zero, in images of their order.
  package let differences: [Int]

  package init(differences: [Int]) { self.differences = differences.filter { $0 != 0 } }

  /// One training each: the images that only the first got right, and only the second.
  package init(onlyFirst: Int, onlySecond: Int) {
    self.init(
      differences: [Int](repeating: 1, count: onlyFirst) + [Int](repeating: -1, count: onlySecond))
  }

  /// Compares the evaluations of the same images in the same order, as many of each.
  package init(_ first: [EvaluationResult], _ second: [EvaluationResult]) {
    self.init(differences: Self.differences(first, second))
  }

  /// By image, how many more of the first evaluations are right than of the second.
  package static func differences(
    _ first: [EvaluationResult], _ second: [EvaluationResult]
  ) -> [Int] {
    precondition(first.count == second.count, "other numbers of trainings")
    var differences = [Int](repeating: 0, count: first.first?.count ?? 0)
    for (one, other) in zip(first, second) {
      precondition(one.samples == other.samples && one.labels == other.labels, "other images")
      for (index, (isRight, otherIsRight)) in zip(one.isCorrect, other.isCorrect).enumerated() {
        differences[index] += (isRight ? 1 : 0) - (otherIsRight ? 1 : 0)
      }
    }
    return differences
  }

  package init(_ first: EvaluationResult, _ second: EvaluationResult) {
    self.init([first], [second])
  }

  /// Images that the first gets right more often, and the second.
  package var firstBetter: Int { differences.count { $0 > 0 } }
  package var secondBetter: Int { differences.count { $0 < 0 } }

  /// The probability of a difference at least this large between equally good ones.
  ///
  /// Exact, but for several trainings on very many images: then by the normal distribution of the same
  /// variance.
  package var pValue: Double {
    let sizes = differences.map(abs)
    let total = sizes.reduce(0, +)
    guard total > 0 else { return 1 }
    let observed = abs(differences.reduce(0, +))
    if sizes.allSatisfy({ $0 == 1 }) { return Self.binomialTail(total, observed: observed) }
    guard sizes.count * total <= 100_000_000 else {
      let variance = sizes.reduce(0.0) { $0 + Double($1 * $1) }
      // Sums are all even or all odd: half of the way to the next one is 1.
      return erfc(Double(max(0, observed - 1)) / (2 * variance).squareRoot())
    }
    // probability[k]: that the positive sizes add up to k; the sum is then 2k - total.
    var probability = [Double](repeating: 0, count: total + 1)
    probability[0] = 1
    var reach = 0
    for size in sizes {
      for sum in stride(from: reach, through: 0, by: -1) {
        let half = probability[sum] / 2
        probability[sum] = half
        probability[sum + size] += half
      }
      reach += size
    }
    var tail = 0.0
    for (sum, value) in probability.enumerated() where abs(2 * sum - total) >= observed {
      tail += value
    }
    return min(1, tail)
  }

  /// The probability that heads and tails of so many fair coins differ by `observed` at least.
  private static func binomialTail(_ total: Int, observed: Int) -> Double {
    // Logarithms, because 2^-total underflows beyond a thousand images.
    var logTerm = -Double(total) * log(2)
    var tail = 0.0
    for heads in 0...(total - observed) / 2 {
      if heads > 0 { logTerm += log(Double(total - heads + 1)) - log(Double(heads)) }
      tail += exp(logTerm)
    }
    return min(1, 2 * tail)
  }
}

/// Several tests at once: p values that hold together (Holm, 1979), in the order given.
package func adjustedForMany(_ pValues: [Double]) -> [Double] {
  var result = pValues
  var largest = 0.0
  for (rank, index) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
    largest = max(largest, min(1, pValues[index] * Double(pValues.count - rank)))
    result[index] = largest
  }
  return result
}
