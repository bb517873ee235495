import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftModels
import GraftTraining

/// Measures a run on images of a data set, its classes matched by name.
struct RunEvaluation {
  let run: TrainingRun
  let session: Session
  /// Set where images are scored at every place.
  var dense: DenseScoring?

  /// The scores on one part; with views, probabilities averaged over augmented ones.
  ///
  /// The plain image weighs three quarters against the augmented views together (fastai).
  func evaluate(
    _ data: DataSet, _ partition: Partition, views: Int, pipeline: Pipeline
  ) throws -> Evaluation {
    let data = try measurable(data, views: views, pipeline: pipeline)
    session.warnOfOtherRange(data, than: run.model.input)
    let measured = try result(data, partition, pipeline: nil, view: 0)
    guard views > 1 else { return measured }
    let others = try (1..<views).map {
      try result(data, partition, pipeline: pipeline, view: $0)
    }
    return measured.averaged(with: others, ownShare: 0.75)
  }

  /// The data as the run can be measured on them; refused before anything is computed where it cannot.
  func measurable(_ data: DataSet, views: Int, pipeline: Pipeline) throws -> DataSet {
    try data.require(run.model.task)
    let data = try matched(data)
    guard views > 1 else { return data }
    guard run.model.task.isOfImages else {
      throw GraftError(
        .usage, "views=\(views) averages predictions for images, not for pixels",
        help: "leave out views=")
    }
    guard !pipeline.isEmpty else {
      throw GraftError(
        .failed, "views=\(views) needs a pipeline to draw them with",
        help: "choose one first, such as: augment flip")
    }
    return data
  }

  private func result(
    _ data: DataSet, _ partition: Partition, pipeline: Pipeline?, view: Int
  ) throws -> Evaluation {
    try run.model.requireFiniteWeights(pool: session.pool)
    let source = try images(data, partition, pipeline: pipeline, view: view)
    var writer = ProgressWriter(session.console)
    defer { writer.finish() }
    let onBatch = { (done: Int, all: Int) -> Bool in
      let line = ProgressLine(
        title: "evaluate \(run.name)",
        fraction: Double(done) / Double(all))
      if session.settings.isProgressShown && all > 8 { writer.show(line) }
      return !session.interrupts.asksToStop
    }
    let result =
      if let dense {
        try DenseEvaluator(dense.scorer, classes: run.model.classes)
          .evaluate(source, onBatch: onBatch).map(Evaluation.images)
      } else {
        try Evaluator(run.model, pool: session.pool).measure(source, onBatch: onBatch)
      }
    guard let result else {
      throw GraftError(
        session.interrupts.termination ?? .interrupted, "the evaluation was interrupted")
    }
    return result
  }

  private func images(
    _ data: DataSet, _ partition: Partition, pipeline: Pipeline?, view: Int
  ) throws -> any BatchSource {
    guard let dense else {
      return try session.images(
        of: data, partition, for: run.model, batchSize: 32, pipeline: pipeline, view: view,
        classCount: run.model.classes.count)
    }
    return try ImageBatches.evaluation(
      data, partition, batchSize: dense.batchSize(insteadOf: 32),
      preprocessing: dense.preprocessing, pipeline: pipeline, view: view, seed: session.seed,
      classCount: run.model.classes.count, pool: session.pool)
  }

  /// The data set with the labels of the model's classes.
  private func matched(_ data: DataSet) throws -> DataSet {
    if data.classes == run.model.classes { return data }
    // Bare weights name no classes, and tables with class numbers count as the weights do.
    if data.hasFixedLabels && data.classes.count <= run.model.classes.count { return data }
    return try data.relabeled(by: run.model.classes)
  }
}

extension Session {
  /// What a run predicts of one split: known from its training where the images are those, else measured now.
  func evaluation(
    of run: TrainingRun, on part: DataPart, of data: DataSet
  ) throws -> Evaluation {
    // What the training measured has neither temperature nor threshold, which `calibrate` finds later.
    if part == .val, run.model.calibration.temperature == nil,
      run.model.calibration.decision == nil,
      let known = run.result?.validation, let own = run.prepared?.ingredients.data,
      own.fingerprint == data.fingerprint, own.splitHash == data.splitHash
    {
      return known
    }
    return try RunEvaluation(run: run, session: self)
      .evaluate(data, part.partition, views: 1, pipeline: .none)
  }

  /// The current run; without one, the encoder with the chosen head, whose layers can be looked at untrained.
  func runToLookInside() throws -> TrainingRun {
    if let run = try currentRun.flatMap({ try keptRun($0) }) { return run }
    try requireForeseeable("current")
    if workbench.head.isOwn { return try runToMeasure(nil, classes: workbench.data) }
    let model = try makeModel(classes: workbench.classesOrPlaceholders)
    return TrainingRun(name: model.spec.name, model: model)
  }

  /// The named run; without any run, the encoder as it came with its own classifier.
  func runToMeasure(_ name: String?, classes data: DataSet?) throws -> TrainingRun {
    if let name = name ?? currentRun, let run = try keptRun(name) { return run }
    if name == nil { try requireForeseeable("current") }
    guard name == nil, workbench.head.isOwn, let encoder = workbench.encoder,
      encoder.weights != nil
    else { return try requireRun(name) }
    let count = encoder.spec.ownClassCount
    let classes =
      encoder.ownClasses
      ?? (data?.classes.count == count ? data?.classes : nil)
      ?? (0..<count).map { "class \($0)" }
    return TrainingRun(name: encoder.spec.name, model: try makeModel(classes: classes))
  }
}
