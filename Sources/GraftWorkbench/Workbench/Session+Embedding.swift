import GraftBase
import GraftData
import GraftModels
import GraftTraining

extension Session {
  /// The model whose encoder sees the images, and what to call it: a run's, or of the chosen encoder.
  func embeddingModel(_ run: String?) throws -> (model: Model, name: String) {
    let run =
      try run.map { try requireRun($0) } ?? currentRun.flatMap { workbench.run(named: $0) }
    let model = try run?.model ?? makeModel(classes: workbench.classesOrPlaceholders)
    guard model.task.isOfImages else {
      throw GraftError(
        .failed, "a model that predicts pixels has no features of a whole image",
        help: "choose a head for images: head linear ; encoder NAME")
    }
    return (model, run?.name ?? model.spec.name)
  }

  /// Features of the images of a split; `verb` is told while it takes long.
  func embedding(
    of data: DataSet, _ partition: Partition, by model: Model, verb: String
  ) throws -> Embedding {
    try model.requireFiniteWeights(pool: pool)
    let images = try ImageBatches.evaluation(
      data, partition, batchSize: 32, preprocessing: model.input,
      classCount: max(data.classes.count, model.classes.count), pool: pool)
    var writer = ProgressWriter(console)
    defer { writer.finish() }
    let embedding = try Embedding(of: images, by: model, pool: pool) { done, all in
      let line = ProgressLine(
        title: verb, epoch: done, epochCount: all, fraction: Double(done) / Double(all))
      if settings.isProgressShown && all > 8 { writer.show(line) }
      return !interrupts.asksToStop
    }
    guard let embedding else {
      throw GraftError(interrupts.termination ?? .interrupted, "\(verb) was interrupted")
    }
    return embedding
  }
}
