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

  /// Has the model minimize what `loss` asks for, of those that go with what it tells.
  func chooseLoss(for model: Model, pipeline: Pipeline, in session: Session) throws {
    let word = arguments[TrainingParameters.loss]
    switch model.task {
    case .classification:
      guard let loss = ClassificationLoss(rawValue: word) else {
        throw misfit(word, model.task, ClassificationLoss.allCases.map(\.rawValue))
      }
      try check(loss, pipeline: pipeline, balance: session.workbench.balance)
      model.minimize(loss)
    case .segmentation:
      guard let kind = SegmentationLoss.Kind(rawValue: word) else {
        throw misfit(word, model.task, SegmentationLoss.Kind.allCases.map(\.rawValue))
      }
      model.minimize(SegmentationLoss(kind, classWeights: session.classWeights))
    }
  }

  private func misfit(_ loss: String, _ task: PredictionTask, _ fitting: [String]) -> Diagnostic {
    arguments.fault(
      .wrongType, at: TrainingParameters.loss,
      "loss=\(loss) does not fit a head that predicts \(task)",
      help: "use one of: " + fitting.joined(separator: ", "))
  }

  private func check(
    _ loss: ClassificationLoss, pipeline: Pipeline, balance: ClassBalance
  ) throws {
    guard loss != .binary || balance != .weights else {
      throw arguments.fault(
        .notAllowedHere, at: TrainingParameters.loss,
        "loss=bce takes labels as they are, and not weighted by class",
        help: "balance the images instead: data … balance=sampler")
    }
    guard loss != .consistency || (pipeline.differsBetweenCopies && pipeline.mixing == nil) else {
      throw arguments.fault(
        .notAllowedHere, at: TrainingParameters.loss,
        "loss=jsd compares copies of an image that `augmix` made, and no mixed ones; "
          + "the pipeline is `\(pipeline)`",
        help: "for example: augment crop(4) flip augmix")
    }
  }

  /// Settings for one phase; `usual` is the schedule when none was given.
  func settings(
    epochs: Int, usual: Choice, seed: UInt64, classWeights: [Float]?
  ) -> TrainingSettings {
    var settings = TrainingSettings(epochs: epochs)
    settings.schedule = arguments[TrainingParameters.schedule].map { Choice($0) } ?? usual
    settings.optimizer = optimizer
    settings.weightDecay = arguments[TrainingParameters.decay]
    settings.smoothing = arguments[TrainingParameters.smoothing]
    settings.patience = arguments[TrainingParameters.patience]
    settings.warmupEpochs = (arguments[TrainingParameters.warmup] ?? 0) * Double(epochs)
    settings.classWeights = classWeights
    settings.seed = seed
    if let momentum = arguments[TrainingParameters.momentum] {
      let names = ["sgd": "momentum", "adadelta": "rho"]
      settings.optimizer.values[names[settings.optimizer.name] ?? "beta1"] = momentum
      if settings.schedule.name == OneCycleSchedule.name {
        settings.schedule.values[OneCycleSchedule.high.name] = momentum
        settings.schedule.values[OneCycleSchedule.low.name] = momentum
      }
    }
    return settings
  }

  private var optimizer: Choice {
    let name = arguments[TrainingParameters.optimizer]
    return name == TrainingParameters.nesterov
      ? Choice(StochasticGradientRule.name, [StochasticGradientRule.nesterov.name: 1])
      : Choice(name)
  }
}

extension Session {
  /// What a run is made of besides its phases.
  func trainingPlan(_ arguments: CheckedArguments) throws -> TrainingPlan {
    _ = try requireEncoder()
    let calls = arguments[TrainingParameters.augment]
    return TrainingPlan(
      data: try requireData(), balance: workbench.balance,
      pipeline: calls.isEmpty ? workbench.pipeline : try pipeline(calls),
      batchSize: arguments[TrainingParameters.batch], seed: seed,
      views: arguments[TrainingParameters.views], phases: [],
      stop: arguments[TrainingParameters.stop])
  }

  /// Weights of classes for the loss when `balance=weights` asks for them.
  var classWeights: [Float]? {
    workbench.balance == .weights ? workbench.data?.classWeights() : nil
  }
}
