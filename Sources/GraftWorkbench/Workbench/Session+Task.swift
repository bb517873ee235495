import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftModels
import GraftTraining

extension Workbench {
  /// What the chosen head tells of a picture.
  package var task: PredictionTask {
    encoder.map { head.task(on: $0.spec) } ?? .classification
  }

  /// How pictures come to the chosen encoder and head; without an encoder as ImageNet's.
  package var preprocessing: Preprocessing {
    encoder?.input.preprocessing(for: task) ?? .imageNet
  }
}

extension Session {
  /// The training pictures of a plan as a model takes them.
  func trainingPictures(
    of plan: TrainingPlan, for model: Model, views: Int?
  ) throws -> PictureBatches {
    try model.input.requirePictures()
    let output = model.logits.shape
    if model.task == .segmentation, let mixing = plan.pipeline.mixing,
      mixing.names.contains("mixup")
    {
      throw GraftError(
        .usage, "mixup lays pictures over each other, and a pixel has one class only",
        help: "cutmix takes the masks along")
    }
    return try PictureBatches.training(
      plan.data, batchSize: plan.batchSize,
      preprocessing: model.input.preprocessing(for: model.task), pipeline: plan.pipeline,
      balance: plan.balance, seed: plan.seed, views: views, copies: model.copiesOfEachSample,
      labelSize: model.task == .segmentation ? Pair(output[1], output[2]) : nil, pool: pool)
  }

  /// The pictures of one part to measure a model on: for a class each as the encoder sees them, for a
  /// class of each pixel whole and at their own resolution.
  func pictures(
    of data: DataSet, _ partition: Partition, for model: Model, batchSize: Int,
    pipeline: Pipeline? = nil, view: Int = 0, classCount: Int? = nil
  ) throws -> any BatchSource {
    try model.input.requirePictures()
    return switch model.task {
    case .classification:
      try PictureBatches.evaluation(
        data, partition, batchSize: batchSize,
        preprocessing: model.input.preprocessing(for: .classification), pipeline: pipeline,
        view: view, seed: seed, classCount: classCount, pool: pool)
    case .segmentation: try WholePictures(data, partition, model: model)
    }
  }
}
