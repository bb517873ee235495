import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftModels
import GraftTraining

/// The loop's arguments that `train` and `finetune` share, as settings.
struct TrainingArguments {
  private let arguments: CheckedArguments

  init(_ arguments: CheckedArguments) { self.arguments = arguments }

  /// Sets the loss that `loss` names, which must fit what the model predicts.
  func chooseLoss(for model: Model, pipeline: Pipeline, in session: Session) throws {
    let usual = Losses.usual(for: model.task).name
    let isGiven = arguments.isGiven(TrainingParameters.loss)
    let word = isGiven ? arguments[TrainingParameters.loss] : usual
    guard let loss = Losses.named(word, for: model.task) else {
      throw arguments.fault(
        .wrongType, at: TrainingParameters.loss,
        "loss=\(word) does not fit a head that predicts \(model.task)",
        help: "use one of: "
          + Losses.all(for: model.task).map(\.name).joined(separator: ", "))
    }
    try check(loss, pipeline: pipeline, balance: session.workbench.balance)
    model.minimize(loss, classWeights: session.classWeights)
  }

  private func check(_ loss: any Loss, pipeline: Pipeline, balance: ClassBalance) throws {
    guard loss.takesClassWeights || balance != .weights else {
      throw arguments.fault(
        .notAllowedHere, at: TrainingParameters.loss,
        "loss=\(loss.name) does not take class weights",
        help: "balance the images instead: data … balance=sampler")
    }
    let comparesCopies = loss.copiesOfEachSample > 1
    guard !comparesCopies || (pipeline.differsBetweenCopies && pipeline.mixing == nil) else {
      throw arguments.fault(
        .notAllowedHere, at: TrainingParameters.loss,
        "loss=\(loss.name) compares copies of an image that `augmix` made, not mixed ones; "
          + "the pipeline is `\(pipeline)`",
        help: "for example: augment crop(4) flip augmix")
    }
  }

  /// Settings for one phase; `usual` is the schedule when none was given.
  func settings(
    epochs: Int, usual: Choice, seed: UInt64, classWeights: [Float]?
  ) throws -> TrainingSettings {
    var settings = TrainingSettings(epochs: epochs)
    settings.schedule = arguments.ifDeclared(TrainingParameters.schedule).flatMap(\.self) ?? usual
    settings.optimizer = Choice(arguments[TrainingParameters.optimizer])
    settings.weightDecay = arguments[TrainingParameters.decay]
    settings.smoothing = arguments[TrainingParameters.smoothing]
    settings.patience = arguments.ifDeclared(TrainingParameters.patience).flatMap(\.self)
    let keep = arguments.ifDeclared(TrainingParameters.keep)
    settings.kept = keep == .last ? nil : keep
    let batches = arguments.ifDeclared(TrainingParameters.accumulate)
    settings.accumulation = batches == 1 ? nil : batches
    let averaging = arguments.ifDeclared(TrainingParameters.averaging)
    settings.averaging = averaging == .off ? nil : averaging
    let warmup = arguments.ifDeclared(TrainingParameters.warmup).flatMap(\.self)
    settings.warmupEpochs = (warmup ?? 0) * Double(epochs)
    settings.classWeights = classWeights
    settings.seed = seed
    settings.gradientLimit = arguments[TrainingParameters.clip]
    if let momentum = arguments[TrainingParameters.momentum] {
      try settings.setMomentum(momentum)
    }
    return settings
  }
}

extension Session {
  /// What a run is made of besides its phases.
  func ingredients(_ arguments: CheckedArguments) throws -> RunIngredients {
    _ = try requireEncoder()
    let calls = arguments[TrainingParameters.augment]
    return RunIngredients(
      data: try requireTrainingData(), balance: workbench.balance,
      pipeline: calls.isEmpty ? workbench.pipeline : try pipeline(calls),
      batchSize: arguments[TrainingParameters.batch], seed: seed,
      views: arguments[TrainingParameters.views],
      stop: arguments.ifDeclared(TrainingParameters.stop).flatMap(\.self))
  }

  /// Weights of classes for the loss when `balance=weights` asks for them.
  var classWeights: [Float]? {
    workbench.balance == .weights ? workbench.data?.classWeights() : nil
  }
}
