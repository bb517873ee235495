import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftKernels
import GraftModels

/// A run resolved before its first update, for all that need it: training, resuming, forecasts,
/// and what is printed about it.
///
/// It holds no memory besides the model's: batches and plans are made by the trainer of a phase.
package struct PreparedRun {
  package let name: String
  package let model: Model
  package private(set) var ingredients: RunIngredients
  package let phases: [PreparedPhase]
  /// The images of an epoch in their batches: of segmentation, patches.
  package let training: BatchPartition
  package let validationCount: Int
  /// What it will take, once that is known.
  package var forecast: RunForecast?

  /// Refuses data, augmentation, policies and settings that do not fit the model.
  package init(name: String, model: Model, _ ingredients: RunIngredients) throws {
    try model.input.requireImages()
    let data = ingredients.data
    try data.require(model.task)
    try data.requireSeveralClasses()
    if model.task == .multiLabel, ingredients.balance == .sampler {
      throw GraftError(
        .usage,
        "balance=sampler draws each class equally often, and images have any number of labels",
        help: "weigh labels in the loss instead: data … balance=weights")
    }
    try Self.check(ingredients.pipeline, for: model.task)
    let images = data.showings(of: data.partition(.train), model.input)
    let training = BatchPartition(count: images.count, batchSize: ingredients.batchSize)
    self.name = name
    self.model = model
    self.ingredients = ingredients
    self.training = training
    phases = try ingredients.phases.map {
      try PreparedPhase($0, of: model, batchCount: training.batchCount)
    }
    validationCount = data.partition(.validation).count
    if validationCount == 0 {
      for phase in phases { try phase.settings.requireNoValidation() }
    }
    if let solving = ingredients.solving {
      for phase in phases { try solving.validate(for: phase) }
    } else {
      try HeadSolving.requireTrainable(model.headKind)
    }
    for phase in phases {
      try phase.requireSizes()
      try phase.requireStatistics(
        ofBatch: (training.sizes.last ?? 1) * model.copiesOfEachSample)
    }
  }

  private static func check(_ pipeline: Pipeline, for task: PredictionTask) throws {
    guard task == .segmentation, pipeline.mixing?.names.contains(MixUp.name) ?? false else {
      return
    }
    throw GraftError(
      .usage, "mixup lays images over each other, and a pixel has one class only",
      help: "use cutmix, which mixes the masks too")
  }

  /// The run as it starts from the weights that the model has now.
  package func startingHere() -> PreparedRun {
    var result = self
    result.ingredients.startHash = model.weightsHash.hex
    return result
  }

  /// The same run with other ingredients, such as more epochs.
  package func prepared(with ingredients: RunIngredients) throws -> PreparedRun {
    try PreparedRun(name: name, model: model, ingredients)
  }

  /// The updates of all phases, unless patience ends one.
  package var totalSteps: Int { phases.reduce(0) { $0 + $1.curve.totalSteps } }

  /// The fixed views that a phase draws; nil draws anew in each epoch.
  package func views(phase index: Int) -> Int? {
    guard let views = ingredients.phases[index].begunViews ?? ingredients.views else {
      return phases[index].usualViews(of: ingredients.pipeline)
    }
    return views > 0 ? views : nil
  }

  /// A name that only the same training can have: of everything in its identity, the starting weights
  /// included, of policies and settings, and of how it was extended.
  package var id: String {
    var hash = ContentHash()
    for (key, value) in identity.sorted(by: { $0.key < $1.key }) {
      hash.update("\(key)=\(value)\n")
    }
    for phase in ingredients.phases {
      hash.update("\(phase.policy) \(phase.settings.spelledAsBefore)\n")
    }
    for change in ingredients.changes { hash.update("\(change)\n") }
    // Only a run whose numbers are still to be chosen has one.
    if let budget = ingredients.budget { hash.update("budget=\(budget)\n") }
    return String(hash.finish().hex.prefix(16))
  }

  /// What a checkpoint must agree with, by name.
  package var identity: [String: String] {
    let (data, pipeline) = (ingredients.data, ingredients.pipeline)
    var identity = [
      "data": data.fingerprint.hex, "split": data.splitHash.hex,
      "balance": ingredients.balance.rawValue, "encoder": model.spec.name,
      "input": model.input.recordedText, "starting weights": ingredients.startHash,
      "augmentation": pipeline.description, "batch size": String(ingredients.batchSize),
      "seed": String(ingredients.seed), "head": model.headKind.description,
      "views": phases.indices.map { String(views(phase: $0) ?? 0) }.joined(separator: ","),
    ]
    if let loss = model.lossText { identity["loss"] = loss }
    if let solving = ingredients.solving { identity["solve"] = solving.description }
    if model.precision != .fp32 { identity["precision"] = model.precision.rawValue }
    return identity
  }
}

extension PreparedRun {
  /// The trainer of one phase with its batches; with `state`, one that continues from there.
  package func trainer(
    at place: RunPlace, pool: ThreadPool, cache: FeatureCache?, resuming state: RunState? = nil
  ) throws -> Trainer {
    let stop = ingredients.stop.flatMap {
      $0 > place.stepsBefore ? $0 - place.stepsBefore : nil
    }
    guard let phase = phases[checked: place.phase] else {
      throw GraftError(
        .input, "the checkpoint is in phase \(place.phase + 1) of a run that has \(phases.count)",
        help: "resume with the settings of the run, or train again")
    }
    try model.requireFiniteWeights(pool: pool)
    return try Trainer(
      phase.stopping(at: stop),
      training: trainingImages(phase: place.phase, pool: pool),
      validation: validationImages(pool: pool), pool: pool, cache: cache, identity: identity,
      place: place, solving: ingredients.solving, resuming: state)
  }

  private func trainingImages(phase index: Int, pool: ThreadPool) throws -> any BatchSource {
    let views = views(phase: index)
    guard let sides = phases[index].settings.sides else {
      return try trainingImages(model.input, views: views, pool: pool)
    }
    return try GrowingImages(sides) { side in
      try trainingImages(model.input.resized(to: side), views: views, pool: pool)
    }
  }

  private func trainingImages(
    _ input: ImageInput, views: Int?, pool: ThreadPool
  ) throws -> ImageBatches {
    let output = model.logits.shape
    return try ImageBatches.training(
      ingredients.data, batchSize: ingredients.batchSize, preprocessing: input,
      pipeline: ingredients.pipeline, balance: ingredients.balance, seed: ingredients.seed,
      views: views, copies: model.copiesOfEachSample,
      labelSize: model.task == .segmentation ? Pair(output[1], output[2]) : nil, pool: pool)
  }

  private func validationImages(pool: ThreadPool) throws -> (any BatchSource)? {
    guard validationCount > 0 else { return nil }
    return try model.images(
      of: ingredients.data, .validation,
      batchSize: ImageBatches.validationBatchSize(ingredients.batchSize), seed: ingredients.seed,
      pool: pool)
  }
}

extension Model {
  /// The images of one split to evaluate the model on: for one class per image as the encoder sees
  /// them, for one class per pixel whole and at their own resolution.
  package func images(
    of data: DataSet, _ partition: Partition, batchSize: Int, pipeline: Pipeline? = nil,
    view: Int = 0, seed: UInt64 = 0, classCount: Int? = nil, pool: ThreadPool
  ) throws -> any BatchSource {
    try input.requireImages()
    return switch task {
    case .classification, .multiLabel:
      try ImageBatches.evaluation(
        data, partition, batchSize: batchSize, preprocessing: input, pipeline: pipeline,
        view: view, seed: seed, classCount: classCount, pool: pool)
    case .segmentation: try WholeImages(data, partition, model: self)
    }
  }
}

extension TrainingSettings {
  /// With the optimizers' former spellings, which the names of older checkpoints have.
  fileprivate var spelledAsBefore: TrainingSettings {
    guard optimizer.name == NesterovRule.name else { return self }
    var result = self
    result.optimizer = Choice(
      StochasticGradientRule.name,
      optimizer.values.merging([StochasticGradientRule.nesterov.name: 1]) { $1 })
    return result
  }
}
