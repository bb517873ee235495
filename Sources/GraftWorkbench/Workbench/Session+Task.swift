import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftModels
import GraftTraining

extension Workbench {
  /// What the chosen head tells of an image.
  package var task: PredictionTask {
    encoder.map { head.task(on: $0.spec) } ?? .classification
  }

  /// How images come to the chosen encoder and head; without an encoder as ImageNet's.
  package var preprocessing: ImageInput {
    encoder?.input.ofImages.framed(for: task) ?? .imageNet
  }
}

extension Session {
  /// The training images of a plan as a model takes them.
  func trainingImages(
    of plan: TrainingPlan, for model: Model, views: Int?
  ) throws -> ImageBatches {
    try model.input.requireImages()
    let output = model.logits.shape
    if model.task == .segmentation, let mixing = plan.pipeline.mixing,
      mixing.names.contains("mixup")
    {
      throw GraftError(
        .usage, "mixup lays images over each other, and a pixel has one class only",
        help: "cutmix takes the masks along")
    }
    return try ImageBatches.training(
      plan.data, batchSize: plan.batchSize,
      preprocessing: model.input, pipeline: plan.pipeline,
      balance: plan.balance, seed: plan.seed, views: views, copies: model.copiesOfEachSample,
      labelSize: model.task == .segmentation ? Pair(output[1], output[2]) : nil, pool: pool)
  }

  /// The images of one part to measure a model on: for a class each as the encoder sees them, for a
  /// class of each pixel whole and at their own resolution.
  func images(
    of data: DataSet, _ partition: Partition, for model: Model, batchSize: Int,
    pipeline: Pipeline? = nil, view: Int = 0, classCount: Int? = nil
  ) throws -> any BatchSource {
    try model.input.requireImages()
    return switch model.task {
    case .classification:
      try ImageBatches.evaluation(
        data, partition, batchSize: batchSize,
        preprocessing: model.input, pipeline: pipeline,
        view: view, seed: seed, classCount: classCount, pool: pool)
    case .segmentation: try WholeImages(data, partition, model: model)
    }
  }
}
