import Foundation
import GraftKernels

/// How probable each class is for images, each by a solution that was found without it.
package struct HeldOutProbabilities: Sendable {
  /// [N, C], row by row.
  package let values: [Double]
  package let l2: Double

  /// Chooses L2 as `LogisticRegression(choosingByFolds:)` does, and solves once more for each fold; nil when
  /// `goesOn` answered false.
  package init?(
    folds: [Int], count foldCount: Int, _ problem: LogisticProblem, _ algebra: LinearAlgebra,
    pool: ThreadPool, goesOn: () -> Bool = { true }
  ) {
    guard
      let (l2, _) = LogisticRegression.choose(
        byFolds: folds, count: foldCount, problem, algebra, pool: pool, goesOn: goesOn)
    else { return nil }
    let trials = FoldTrials(
      problem, folds: folds, l2: l2, starts: Array(repeating: nil, count: foldCount), algebra)
    trials.run(pool: pool)
    guard goesOn() else { return nil }
    values = Self.softmax(trials.logits)
    self.l2 = l2
  }

  private static func softmax(_ logits: Matrix) -> [Double] {
    var result = logits.numbers
    for start in stride(from: 0, to: result.count, by: max(1, logits.columns)) {
      let row = start..<start + logits.columns
      let top = result[row].max() ?? 0
      var sum = 0.0
      for place in row {
        result[place] = exp(result[place] - top)
        sum += result[place]
      }
      for place in row { result[place] /= sum }
    }
    return result
  }
}
