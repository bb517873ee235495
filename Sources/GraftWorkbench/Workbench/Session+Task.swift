import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftModels
import GraftTraining

extension Workbench {
  /// What the chosen head predicts of the images.
  package var task: PredictionTask {
    let task = encoder.map { head.task(on: $0.spec) } ?? .classification
    return task == .classification && data?.task == .multiLabel ? .multiLabel : task
  }

  /// How images are prepared for the chosen encoder and head; without an encoder as for ImageNet.
  package var preprocessing: ImageInput {
    var input = encoder?.input.ofImages.framed(for: task) ?? .imageNet
    if let range = data?.grayRange { input.grayRange = range }
    return input
  }
}

extension Session {
  /// The images of one split to evaluate a model on: for one class per image as the encoder sees
  /// them, for one class per pixel whole and at their own resolution.
  func images(
    of data: DataSet, _ partition: Partition, for model: Model, batchSize: Int,
    pipeline: Pipeline? = nil, view: Int = 0, classCount: Int? = nil
  ) throws -> any BatchSource {
    try model.images(
      of: data, partition, batchSize: batchSize, pipeline: pipeline, view: view, seed: seed,
      classCount: classCount, pool: pool)
  }
}
