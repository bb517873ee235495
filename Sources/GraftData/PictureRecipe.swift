import GraftBase
import GraftImaging

/// How a picture of the data set becomes what the encoder sees: preprocessing, and for training
/// the augmentation before it.
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

  /// The picture of the encoder's input size: a pure function of (seed, epoch, sample).
  ///
  /// A pipeline that crops and resizes gets the whole picture; any other gets the centre crop that
  /// evaluation uses, so that augmentation alone makes the difference.
  package func image(_ source: Image, epoch: Int, sample: Int) -> Image {
    guard let pipeline else { return preprocessing.evaluationImage(source) }
    let size = preprocessing.outputSize
    let source = source.converted(toChannels: preprocessing.channels)
    let image = pipeline.apply(
      to: pipeline.isResizing ? source : preprocessing.evaluationImage(source),
      key: SampleKey(seed: seed, epoch: epoch, sample: sample),
      context: TransformContext(outputSize: size))
    return image.size == size ? image : image.resized(to: size, filter: preprocessing.filter)
  }
}
