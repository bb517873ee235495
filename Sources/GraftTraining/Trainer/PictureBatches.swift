import GraftData
import GraftEngine
import GraftImaging
import GraftKernels

/// Batches of a data set's pictures, made by a loader ahead of the trainer.
package final class PictureBatches: BatchSource {
  private let loader: Loader
  private let dataSet: DataSet
  /// Added to the epoch when pictures are drawn: another view of the same pictures.
  private let view: Int

  private init(_ loader: Loader, _ dataSet: DataSet, view: Int = 0) {
    self.loader = loader
    self.dataSet = dataSet
    self.view = view
  }

  /// The training pictures: shuffled, augmented and mixed anew in each epoch.
  ///
  /// Targets are not smoothed here: the trainer does that, once.
  package static func training(
    _ dataSet: DataSet, batchSize: Int, preprocessing: Preprocessing, pipeline: Pipeline?,
    balance: ClassBalance = .none, seed: UInt64, classCount: Int? = nil, pool: ThreadPool
  ) throws -> PictureBatches {
    var settings = Loader.Settings(batchSize: batchSize)
    settings.shuffle = balance
    settings.seed = seed
    let loader = try Loader(
      dataSet, indices: dataSet.partition(.train), settings: settings,
      preprocessing: preprocessing, pipeline: pipeline, classCount: classCount, pool: pool)
    return PictureBatches(loader, dataSet)
  }

  /// Pictures for evaluation, in the order of the data set and as the encoder wants them.
  ///
  /// With a pipeline, the augmented view of that number; nothing is mixed.
  package static func evaluation(
    _ dataSet: DataSet, _ partition: Partition, batchSize: Int, preprocessing: Preprocessing,
    pipeline: Pipeline? = nil, view: Int = 0, seed: UInt64 = 0, classCount: Int? = nil,
    pool: ThreadPool
  ) throws -> PictureBatches {
    var settings = Loader.Settings(batchSize: batchSize)
    settings.seed = seed
    let loader = try Loader(
      dataSet, indices: dataSet.partition(partition), settings: settings,
      preprocessing: preprocessing, pipeline: try pipeline?.withoutMixing(), classCount: classCount,
      pool: pool)
    return PictureBatches(loader, dataSet, view: view)
  }

  /// Images a batch of a validation beside training with so many; tiny ones would waste time.
  package static func validationBatchSize(_ batchSize: Int) -> Int { max(batchSize, 16) }

  package var sampleCount: Int { loader.plan.count }
  package var batchCount: Int { loader.plan.batchCount }

  package func start(epoch: Int, at firstBatch: Int) {
    loader.start(epoch: epoch + view, at: firstBatch)
  }

  package func nextBatch() throws -> LabelledImages? {
    guard let batch = try loader.next(), let pixels = batch.usedPixels.baseAddress,
      let targets = batch.usedTargets.baseAddress
    else { return nil }
    let side = loader.inputSize
    return LabelledImages(
      images: Slice(pixels, count: batch.usedPixels.count),
      imageShape: [batch.count, side, side, loader.channels],
      targets: Slice(targets, count: batch.usedTargets.count), samples: batch.samples)
  }

  package func name(ofSample sample: Int) -> String { dataSet.samples[sample].path }
}
