import GraftAlgebra
import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

// A run whose head is solved for is one epoch: the features of all images, and then their best weights.
extension Trainer {
  /// Computes the features of all training images, solves the head, and validates it.
  func solveEpoch(
    _ solving: HeadSolving, _ observer: (TrainingEvent) -> TrainingAnswer
  ) throws -> (TrainingResult.Ending?, TrainingAnswer) {
    let algebra = try LinearAlgebra.loaded()
    var answer = TrainingAnswer.continue
    let collected = try FeatureTable(of: training, phase, plans) { done, all in
      answer = observer(.computingFeatures(batch: done, of: all))
      return answer == .continue
    }
    guard let table = collected else { return (Self.ending(for: answer), answer) }
    let start = ContinuousClock.now
    let isSolved = try solve(solving, table, algebra) {
      answer = observer(.solving)
      return answer == .continue
    }
    secondsOfSolving = (ContinuousClock.now - start) / .seconds(1)
    guard isSolved else { return (Self.ending(for: answer), answer) }
    progress.step = curve.totalSteps
    return try endEpoch(observer)
  }

  /// Gives the head the weights of least loss; false when `goesOn` answered false.
  private func solve(
    _ solving: HeadSolving, _ table: FeatureTable, _ algebra: LinearAlgebra, goesOn: () -> Bool
  ) throws -> Bool {
    let classCount = model.classes.count
    try Storage.requireRoom(
      FeatureBasis.bytes(images: table.count, features: table.width, classes: classCount),
      for: "solving a head for \(table.count) images",
      help: "use fewer images (data limit=), or `train`")
    let basis = try FeatureBasis(table.matrix(), algebra, pool: pool)
    let classWeights = settings.classWeights
    let weights = table.labels.map { label in classWeights.map { Double($0[label]) } ?? 1 }
    let problem = LogisticProblem(
      basis.coordinates, labels: table.labels, weights: weights, classCount: classCount)
    let folds = min(solving.folds, table.count)
    let solved =
      if let l2 = solving.l2 {
        LogisticRegression(problem, l2: l2, algebra, pool: pool, goesOn: goesOn)
      } else {
        LogisticRegression(
          choosingByFolds: StratifiedFolds.folds(
            table.labels, count: folds, seed: settings.seed),
          count: folds, problem, algebra, pool: pool, goesOn: goesOn)
      }
    guard let solved else { return false }
    set(basis.layer(solved.weights, algebra))
    solution = HeadSolution(
      l2: solved.l2, tried: solved.tried, folds: solving.l2 == nil ? folds : 0,
      iterations: solved.iterations)
    count(solved, problem, importance: weights)
    return true
  }

  private func set(_ layer: (weights: [[Double]], biases: [Double])) {
    for parameter in policy.trainable {
      let values = parameter.role == .bias ? layer.biases : layer.weights.flatMap { $0 }
      parameter.setTorchValues(values.map { Float($0) })
    }
  }

  /// The scores on the images that the head was solved for, for the record.
  private func count(
    _ solved: LogisticRegression, _ problem: LogisticProblem, importance: [Double]
  ) {
    let (logits, classes) = (solved.logits, 0..<problem.classCount)
    progress.totals.images = problem.labels.count
    progress.totals.judged = problem.labels.count
    progress.totals.loss =
      problem.loss(logits, importance: importance) * Double(problem.labels.count)
    progress.totals.correct = problem.labels.indices.count { row in
      let best = classes.max { logits[row, $0] < logits[row, $1] }
      return best == problem.labels[row]
    }
  }
}
