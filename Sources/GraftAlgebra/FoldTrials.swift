import GraftKernels

/// One value of L2 tried on all folds, each on a thread of its own.
struct FoldTrials: Sendable {
  let problem: LogisticProblem
  let folds: [Int]
  let l2: Double
  let algebra: LinearAlgebra
  /// Solutions of the value before, which become those of this one.
  let solutions: [Matrix]
  /// The loss of each image with the solution that held it out, in one column.
  let results: Matrix
  /// The logits of each image with that solution, [N, C].
  let logits: Matrix

  init(
    _ problem: LogisticProblem, folds: [Int], l2: Double, starts: [Matrix?],
    _ algebra: LinearAlgebra
  ) {
    self.problem = problem
    self.folds = folds
    self.l2 = l2
    self.algebra = algebra
    solutions = starts.map {
      $0 ?? Matrix(problem.features.columns, problem.classCount)
    }
    results = Matrix(folds.count, 1)
    logits = Matrix(folds.count, problem.classCount)
  }

  func run(pool: ThreadPool) {
    pool.forEach(solutions.count, lending: self) { fold, _, trials in trials.run(fold) }
  }

  var loss: HeldOutLoss { HeldOutLoss(l2: l2, results.numbers, weights: problem.weights) }

  private func run(_ fold: Int) {
    let weights = problem.weights.indices.map { folds[$0] == fold ? 0 : problem.weights[$0] }
    let part = LogisticProblem(
      problem.features, labels: problem.labels, weights: weights, classCount: problem.classCount)
    let solver = LogisticSolver(
      part, l2: l2, startingFrom: solutions[fold], algebra, pool: nil)
    _ = solver.solve(tolerance: LogisticRegression.foldTolerance, probably: true)
    solutions[fold].values.pointer.update(
      from: solver.solution.values.pointer, count: solutions[fold].values.count)
    for (row, loss) in problem.losses(solver.logits).enumerated() where folds[row] == fold {
      results[row, 0] = loss
      for place in 0..<problem.classCount { logits[row, place] = solver.logits[row, place] }
    }
  }
}
