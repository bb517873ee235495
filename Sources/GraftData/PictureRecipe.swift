import GraftBase
import GraftImaging

/// How a picture of the data set becomes what the encoder sees: preprocessing, and in training the
/// augmentation.
package struct PictureRecipe: Sendable {
  package var preprocessing: Preprocessing
  /// Nil for evaluation.
  package var pipeline: Pipeline?
  package var seed: UInt64

  package init(preprocessing: Preprocessing, pipeline: Pipeline? = nil, seed: UInt64 = 0) {
    self.preprocessing = preprocessing
    self.pipeline = pipeline
    self.seed = seed
  }

  /// The picture of the encoder's input size: a pure function of the key.
  package func image(_ source: Image, key: SampleKey) -> Image {
    pipeline?.trainingImage(from: source, key: key, preprocessing: preprocessing)
      ?? preprocessing.evaluationImage(source)
  }

  /// How the batch of this number in its epoch is mixed; nil when it stays as it is.
  package func mixing(epoch: Int, batch: Int, count: Int) -> MixingDraw? {
    pipeline?.mixing?.draw(
      seed: seed, epoch: epoch, batch: batch, count: count, size: preprocessing.outputSize)
  }

  /// Mixes a filled batch in place, if the pipeline mixes and its draw for this batch says so.
  func mix(_ batch: Batch, epoch: Int) {
    mixing(epoch: epoch, batch: batch.index, count: batch.count)?.mix(
      batch.usedPixels, targets: batch.usedTargets, channels: preprocessing.channels,
      classes: batch.classCount)
  }
}
