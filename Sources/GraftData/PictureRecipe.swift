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

  /// What happens to the picture of `key`, of `size` as decoded: a pure function of both.
  package func program(size: ImageSize, key: SampleKey) -> EditProgram {
    let draw = pipeline?.trainingDraw(size: size, key: key, preprocessing: preprocessing)
    return draw?.program ?? EditProgram([.move(preprocessing.evaluation(of: size))], size: size)
  }

  /// The picture of the encoder's input size.
  package func image(_ source: Image, key: SampleKey) -> Image {
    program(size: source.size, key: key)
      .run(on: source.converted(toChannels: preprocessing.channels))
  }

  /// Writes the normalised picture of the encoder's input size.
  func write(_ source: Image, key: SampleKey, into slot: UnsafeMutableBufferPointer<Float>) {
    program(size: source.size, key: key).write(
      source.converted(toChannels: preprocessing.channels), normalisedFor: preprocessing,
      into: slot)
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
