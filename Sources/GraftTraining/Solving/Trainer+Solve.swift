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
    // What is missing is said before the features are computed.
    if case .logistic = solving { _ = try LinearAlgebra.loaded() }
    var answer = TrainingAnswer.continue
    let collected = try FeatureTable(of: training, phase, plans) { done, all in
      answer = observer(.computingFeatures(batch: done, of: all))
      return answer == .continue
    }
    guard let table = collected else { return (Self.ending(for: answer), answer) }
    let start = ContinuousClock.now
    let isSolved = try solve(solving, table) {
      answer = observer(.solving)
      return answer == .continue
    }
    secondsOfSolving = (ContinuousClock.now - start) / .seconds(1)
    guard isSolved else { return (Self.ending(for: answer), answer) }
    try judge(table)
    progress.step = curve.totalSteps
    return try endEpoch(observer)
  }

  /// Gives the head its values; false when `goesOn` answered false.
  private func solve(
    _ solving: HeadSolving, _ table: FeatureTable, goesOn: () -> Bool
  ) throws -> Bool {
    switch solving {
    case .features:
      try table.fill(model)
      solution = HeadSolution()
    case .logistic(let l2, let folds):
      try Storage.requireRoom(
        FeatureBasis.bytes(
          images: table.count, features: table.width, classes: model.classes.count),
        for: "solving a head for \(table.count) images",
        help: "use fewer images (data limit=), or `train`")
      let algebra = try LinearAlgebra.loaded()
      let basis = try FeatureBasis(table.matrix(), algebra, pool: pool)
      guard let solved = logistic(l2, min(folds, table.count), table, basis, algebra, goesOn)
      else { return false }
      let layer = basis.layer(solved.weights, algebra)
      for parameter in policy.trainable {
        let values = parameter.role == .bias ? layer.biases : layer.weights.flatMap { $0 }
        parameter.setTorchValues(values.map { Float($0) })
      }
      solution = HeadSolution(
        l2: solved.l2, tried: solved.tried, folds: l2 == nil ? min(folds, table.count) : 0,
        iterations: solved.iterations)
    }
    return true
  }

  private func logistic(
    _ l2: Double?, _ folds: Int, _ table: FeatureTable, _ basis: FeatureBasis,
    _ algebra: LinearAlgebra, _ goesOn: () -> Bool
  ) -> LogisticRegression? {
    let classWeights = settings.classWeights
    let problem = LogisticProblem(
      basis.coordinates, labels: table.labels,
      weights: table.labels.map { label in classWeights.map { Double($0[label]) } ?? 1 },
      classCount: model.classes.count)
    if let l2 {
      return LogisticRegression(problem, l2: l2, algebra, pool: pool, goesOn: goesOn)
    }
    return LogisticRegression(
      choosingByFolds: StratifiedFolds.folds(table.labels, count: folds, seed: settings.seed),
      count: folds, problem, algebra, pool: pool, goesOn: goesOn)
  }

  /// The plain scores on the images that the head was solved for, for the record.
  private func judge(_ table: FeatureTable) throws {
    try table.forEachBatch(of: 32, model.headInput.shape, model.classes.count) { batch in
      let plan = try plans.plan(loadedWith: batch, .inference)
      plan.forward()
      let (logits, losses) = (plan.value(model.logits), plan.value(model.losses))
      for (place, label) in batch.labels.enumerated() {
        progress.totals.loss += Double(losses.pointer[place])
        if logits.maximum(ofRow: place, width: batch.classCount) == label {
          progress.totals.correct += 1
        }
      }
      progress.totals.images += batch.count
      progress.totals.judged += batch.count
    }
  }
}
