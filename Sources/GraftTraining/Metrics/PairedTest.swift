import Foundation

/// Do two runs differ on the same images? McNemar's exact test (1947).
///
/// Only images on which exactly one of the runs is right say anything; under the null hypothesis
/// each is a fair coin.
package struct PairedTest: Hashable, Sendable {
  /// Images that only the first run got right, and only the second.
  package let onlyFirst: Int
  package let onlySecond: Int

  package init(onlyFirst: Int, onlySecond: Int) {
    self.onlyFirst = onlyFirst
    self.onlySecond = onlySecond
  }

  /// Compares two evaluations of the same images in the same order.
  package init(_ first: EvaluationResult, _ second: EvaluationResult) {
    precondition(
      first.samples == second.samples && first.labels == second.labels, "other images")
    let pairs = zip(first.isCorrect, second.isCorrect)
    self.init(
      onlyFirst: pairs.count { $0 && !$1 }, onlySecond: pairs.count { !$0 && $1 })
  }

  /// The probability of a difference at least this large between equally good runs.
  package var pValue: Double {
    let total = onlyFirst + onlySecond
    guard total > 0 else { return 1 }
    // Logarithms, because 2^-total underflows beyond a thousand images.
    var logTerm = -Double(total) * log(2)
    var tail = 0.0
    for k in 0...min(onlyFirst, onlySecond) {
      if k > 0 { logTerm += log(Double(total - k + 1)) - log(Double(k)) }
      tail += exp(logTerm)
    }
    return min(1, 2 * tail)
  }
}
