import GraftBase
import GraftKernels

/// A solved logistic regression, and how its L2 was chosen.
package struct LogisticRegression: Sendable {
  /// [D + 1, C], the last row the biases.
  package let weights: Matrix
  package let l2: Double
  /// Values of L2 that were tried; 1 where it was given.
  package let tried: Int
  /// By value tried; empty where L2 was given.
  package let heldOutLosses: [HeldOutLoss]
  /// The objective, and the most that it can be above its least value.
  package let objective: Double
  package let gap: Double
  package let iterations: Int

  /// Values of L2 that `auto` tries, the strongest first.
  package static let grid: [Double] = [
    100, 30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6,
  ]
  /// How near to the least objective solutions are, relative to it: the last one, and those of folds.
  static let (tolerance, foldTolerance) = (1e-9, 1e-5)

  /// Solves the problem, without a pool on the calling thread; nil when `goesOn` answered false.
  package init?(
    _ problem: LogisticProblem, l2: Double, startingFrom start: Matrix? = nil,
    _ algebra: LinearAlgebra, pool: ThreadPool? = nil, goesOn: () -> Bool = { true }
  ) {
    self.init(
      problem, l2: l2, startingFrom: start, heldOut: [], algebra, pool: pool, goesOn: goesOn)
  }

  private init?(
    _ problem: LogisticProblem, l2: Double, startingFrom start: Matrix?,
    heldOut: [HeldOutLoss], _ algebra: LinearAlgebra, pool: ThreadPool?,
    goesOn: () -> Bool
  ) {
    let solver = LogisticSolver(
      problem, l2: l2, startingFrom: start, algebra, pool: pool)
    var isWhole = true
    iterations = solver.solve(tolerance: Self.tolerance) {
      isWhole = goesOn()
      return isWhole
    }
    guard isWhole else { return nil }
    weights = solver.solution
    objective = solver.objective
    gap = solver.gap
    self.l2 = l2
    heldOutLosses = heldOut
    tried = max(1, heldOut.count)
  }

  /// Chooses L2 by the loss of images that are held out, and solves with it; nil when `goesOn` answered
  /// false.
  ///
  /// It is the strongest whose mean loss is within one standard error of the least (Breiman et al., 1984):
  /// the images do not tell it from the best, and on other images the stronger one is the safer choice.
  ///
  /// `folds` has for each image the fold in which it is held out, 0..<foldCount. From the strongest value on,
  /// each is solved from the solution of the one before; after one that is worse than the best, no weaker
  /// one is tried.
  package init?(
    choosingByFolds folds: [Int], count foldCount: Int, _ problem: LogisticProblem,
    _ algebra: LinearAlgebra, pool: ThreadPool, goesOn: () -> Bool = { true }
  ) {
    guard
      let (chosen, losses) = Self.choose(
        byFolds: folds, count: foldCount, problem, algebra, pool: pool, goesOn: goesOn)
    else { return nil }
    self.init(
      problem, l2: chosen, startingFrom: nil, heldOut: losses, algebra, pool: pool,
      goesOn: goesOn)
  }

  /// The strength of L2 by folds, and the losses of those tried; nil when `goesOn` answered false.
  static func choose(
    byFolds folds: [Int], count foldCount: Int, _ problem: LogisticProblem,
    _ algebra: LinearAlgebra, pool: ThreadPool, goesOn: () -> Bool
  ) -> (l2: Double, losses: [HeldOutLoss])? {
    precondition(folds.count == problem.labels.count && foldCount > 1, "a fold for each image")
    var starts = [Matrix?](repeating: nil, count: foldCount)
    var losses: [HeldOutLoss] = []
    var best = 0
    for l2 in Self.grid {
      guard goesOn() else { return nil }
      let trials = FoldTrials(problem, folds: folds, l2: l2, starts: starts, algebra)
      trials.run(pool: pool)
      starts = trials.solutions
      losses.append(trials.loss)
      if trials.loss.mean < losses[best].mean { best = losses.count - 1 }
      if losses.count - 1 > best { break }
    }
    let limit = losses[best].mean + losses[best].standardError
    let chosen = losses.first { $0.mean <= limit } ?? losses[best]
    return (chosen.l2, losses)
  }
}

/// The loss of images that were held out, with one strength of L2.
package struct HeldOutLoss: Sendable {
  package let l2: Double
  /// Over all images, each held out once.
  package let mean: Double
  /// Of that mean.
  package let standardError: Double

  /// Of the losses of images with their weights, which add up to 1.
  init(l2: Double, _ losses: [Double], weights: [Double]) {
    let mean = zip(losses, weights).reduce(0) { $0 + $1.0 * $1.1 }
    let variance = zip(losses, weights).reduce(0) {
      $0 + $1.1 * $1.1 * ($1.0 - mean) * ($1.0 - mean)
    }
    self.l2 = l2
    self.mean = mean
    standardError = variance.squareRoot()
  }
}
