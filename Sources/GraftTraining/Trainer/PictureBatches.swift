import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftKernels

/// Batches of a data set's pictures, made by a loader ahead of the trainer.
package final class PictureBatches: BatchSource {
  private let loader: Loader
  private let dataSet: DataSet
  /// The pictures that are shown, ascending.
  let samples: [Int]
  /// Added to the epoch when pictures are drawn: another view of the same pictures.
  private let view: Int
  /// Views of each picture that epochs take in turn; nil draws anew in each epoch.
  let views: Int?
  /// Pictures of each sample in a batch.
  let copies: Int
  private let pipeline: Pipeline?
  private let preprocessing: Preprocessing
  private let seed: UInt64

  private init(
    _ dataSet: DataSet, _ partition: Partition, settings: Loader.Settings,
    preprocessing: Preprocessing, pipeline: Pipeline?, view: Int = 0, classCount: Int?,
    pool: ThreadPool
  ) throws {
    samples = dataSet.partition(partition)
    loader = try Loader(
      dataSet, indices: samples, settings: settings, preprocessing: preprocessing,
      pipeline: pipeline, classCount: classCount, pool: pool)
    self.dataSet = dataSet
    self.view = view
    views = settings.views
    copies = settings.copies
    self.pipeline = pipeline
    self.preprocessing = preprocessing
    seed = settings.seed
  }

  /// The training pictures: shuffled, augmented and mixed anew in each epoch.
  ///
  /// With `views`, epochs take so many fixed views of each picture in turn; with `copies`, a batch has
  /// so many pictures of each sample, as `SampleKey.copy` says. Targets are not smoothed
  /// here: the trainer does that, once.
  package static func training(
    _ dataSet: DataSet, batchSize: Int, preprocessing: Preprocessing, pipeline: Pipeline?,
    balance: ClassBalance = .none, seed: UInt64, views: Int? = nil, copies: Int = 1,
    classCount: Int? = nil, pool: ThreadPool
  ) throws -> PictureBatches {
    var settings = Loader.Settings(batchSize: batchSize)
    settings.shuffle = balance
    settings.copies = copies
    settings.seed = seed
    // Without operations all views are one.
    settings.views = pipeline?.isEmpty ?? true ? 1 : views
    return try PictureBatches(
      dataSet, .train, settings: settings, preprocessing: preprocessing, pipeline: pipeline,
      classCount: classCount, pool: pool)
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
    settings.views = pipeline == nil ? 1 : nil
    return try PictureBatches(
      dataSet, partition, settings: settings, preprocessing: preprocessing,
      pipeline: try pipeline?.withoutMixing(), view: view, classCount: classCount, pool: pool)
  }

  /// Images a batch of a validation beside training with so many; tiny ones would waste time.
  package static func validationBatchSize(_ batchSize: Int) -> Int { max(batchSize, 16) }

  package var sampleCount: Int { loader.plan.count }
  package var batchCount: Int { loader.plan.batchCount }
  package var secondsWaited: Double { loader.secondsWaited }

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

// What a feature cache asks of the pictures.
extension PictureBatches {
  var plan: BatchPlan { loader.plan }
  var classCount: Int { loader.classCount }
  var isMixed: Bool { pipeline?.mixing != nil }

  /// Whether there is something to draw: without operations a picture has one view.
  var isDrawn: Bool { !(pipeline?.isEmpty ?? true) }

  /// The pictures of an epoch in order; of keys that are equal, so are the pixels.
  func keys(epoch: Int) -> [SampleKey] { loader.keys(epoch: epoch + view) }

  func label(of sample: Int) -> Int { dataSet.samples[sample].label }

  /// Begins an epoch of which only some batches are wanted.
  func start(epoch: Int, batches: [Int]) { loader.start(epoch: epoch + view, batches: batches) }

  /// SHA-256 over all that decides the pixels of one view of the pictures, in the order of `samples`.
  func contentHash(view: Int) -> ContentHash.Digest {
    var hash = ContentHash()
    let p = preprocessing
    hash.update(
      "\(p.inputSize) \(p.resizeShortSide) \(p.filter) \(p.mean) \(p.std) \(p.channels)\n")
    hash.update(isDrawn ? "\(pipeline?.description ?? "")\n\(seed) \(view)\n" : "plain\n")
    for sample in samples {
      if isDrawn { hash.update("\(sample) ") }
      hash.update(dataSet.samples[sample].content.bytes)
    }
    return hash.finish()
  }
}
