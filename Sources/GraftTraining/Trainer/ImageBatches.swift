import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftKernels

/// Batches of a data set's images, made by a loader ahead of the trainer.
package final class ImageBatches: BatchSource {
  private let loader: Loader
  private let dataSet: DataSet
  /// The images that are shown, ascending.
  let samples: [Int]
  /// Added to the epoch when images are drawn: another view of the same images.
  private let view: Int
  /// Views of each image that epochs take in turn; nil draws anew in each epoch.
  let views: Int?
  /// Images of each sample in a batch.
  let copies: Int
  private let pipeline: Pipeline?
  private let preprocessing: ImageInput
  private let seed: UInt64
  /// Height and width of the model's output where it predicts pixels; nil is the input's.
  private let labelSize: Pair?

  private init(
    _ dataSet: DataSet, _ partition: Partition, settings: Loader.Settings,
    preprocessing: ImageInput, pipeline: Pipeline?, view: Int = 0, classCount: Int?,
    labelSize: Pair? = nil, pool: ThreadPool
  ) throws {
    if dataSet.task.isOfImages == (preprocessing.framing == .patch) {
      try dataSet.require(dataSet.task.isOfImages ? .segmentation : .classification)
    }
    samples = dataSet.partition(partition)
    self.labelSize = labelSize
    loader = try Loader(
      dataSet, indices: dataSet.showings(of: samples, preprocessing), settings: settings,
      preprocessing: preprocessing,
      pipeline: pipeline, classCount: classCount, pool: pool)
    self.dataSet = dataSet
    self.view = view
    views = settings.views
    copies = settings.copies
    self.pipeline = pipeline
    self.preprocessing = preprocessing
    seed = settings.seed
  }

  /// The training images: shuffled, augmented and mixed anew in each epoch.
  ///
  /// With `views`, epochs take so many fixed views of each image in turn; with `copies`, a batch has
  /// so many images of each sample, as `SampleKey.copy` says. Targets are not smoothed
  /// here: the trainer does that, once. Of images with masks an epoch shows as many patches as it
  /// takes to cover each; `labelSize` is the part of a patch that the model predicts, if not all of
  /// it.
  package static func training(
    _ dataSet: DataSet, batchSize: Int, preprocessing: ImageInput, pipeline: Pipeline?,
    balance: ClassBalance = .none, seed: UInt64, views: Int? = nil, copies: Int = 1,
    classCount: Int? = nil, labelSize: Pair? = nil, pool: ThreadPool
  ) throws -> ImageBatches {
    var settings = Loader.Settings(batchSize: batchSize)
    settings.shuffle = balance
    settings.copies = copies
    settings.seed = seed
    // Without operations all views are one, but for patches, which are drawn.
    let isPlain = pipeline?.isEmpty ?? true && preprocessing.framing == .resized
    settings.views = isPlain ? 1 : views
    return try ImageBatches(
      dataSet, .train, settings: settings, preprocessing: preprocessing, pipeline: pipeline,
      classCount: classCount, labelSize: labelSize, pool: pool)
  }

  /// Images for evaluation, in the order of the data set and as the encoder wants them.
  ///
  /// With a pipeline, the augmented view of that number; nothing is mixed.
  package static func evaluation(
    _ dataSet: DataSet, _ partition: Partition, batchSize: Int, preprocessing: ImageInput,
    pipeline: Pipeline? = nil, view: Int = 0, seed: UInt64 = 0, classCount: Int? = nil,
    pool: ThreadPool
  ) throws -> ImageBatches {
    var settings = Loader.Settings(batchSize: batchSize)
    settings.seed = seed
    settings.views = pipeline == nil ? 1 : nil
    return try ImageBatches(
      dataSet, partition, settings: settings, preprocessing: preprocessing,
      pipeline: try pipeline?.withoutMixing(), view: view, classCount: classCount, pool: pool)
  }

  /// Images a batch of a validation beside training with so many; tiny ones would waste time.
  package static func validationBatchSize(_ batchSize: Int) -> Int { max(batchSize, 16) }

  package var sampleCount: Int { loader.partition.count }
  package var batchCount: Int { loader.partition.batchCount }
  package var secondsWaited: Double { loader.secondsWaited }

  package func start(epoch: Int, at firstBatch: Int) {
    loader.start(epoch: epoch + view, at: firstBatch)
  }

  package func nextBatch() throws -> LabeledImages? {
    guard let batch = try loader.next(), let pixels = batch.usedPixels.baseAddress,
      let targets = batch.usedTargets.baseAddress
    else { return nil }
    let side = loader.inputSize
    let labels = Slice(targets, count: batch.usedTargets.count)
    return LabeledImages(
      images: Slice(pixels, count: batch.usedPixels.count),
      imageShape: [batch.count, side, side, loader.channels],
      targets: labelSize.map { labels.keepCenter(of: side, $0, count: batch.count) } ?? labels,
      samples: batch.samples)
  }

  package func name(ofSample sample: Int) -> String { dataSet.samples[sample].path }
}

// What a feature cache asks of the images.
extension ImageBatches {
  var partition: BatchPartition { loader.partition }
  var classCount: Int { loader.classCount }
  var isMixed: Bool { pipeline?.mixing != nil }
  var hasMasks: Bool { dataSet.task == .segmentation }

  /// Whether there is something to draw: without operations an image has one view.
  var isDrawn: Bool { !(pipeline?.isEmpty ?? true) }

  /// The images of an epoch in order; of keys that are equal, so are the pixels.
  func keys(epoch: Int) -> [SampleKey] { loader.keys(epoch: epoch + view) }

  func labels(of sample: Int) -> [Int] { dataSet.samples[sample].labels }

  /// Begins an epoch of which only some batches are wanted.
  func start(epoch: Int, batches: [Int]) { loader.start(epoch: epoch + view, batches: batches) }

  /// SHA-256 over all that decides the pixels of one view of the images, in the order of `samples`.
  func contentHash(view: Int) -> ContentHash.Digest {
    var hash = ContentHash()
    let p = preprocessing
    hash.update(
      "\(p.side) \(p.resizeShortSide) \(p.filter) \(p.mean) \(p.std) \(p.channels)\n")
    if let range = dataSet.grayRange { hash.update("gray \(range.rangeText)\n") }
    hash.update(isDrawn ? "\(pipeline?.description ?? "")\n\(seed) \(view)\n" : "plain\n")
    for sample in samples {
      if isDrawn { hash.update("\(sample) ") }
      hash.update(dataSet.samples[sample].content.bytes)
    }
    return hash.finish()
  }
}

extension Slice {
  /// The centers of square label maps, laid one after the other in place.
  fileprivate func keepCenter(of side: Int, _ size: Pair, count: Int) -> Slice {
    if size == Pair(side) { return self }
    let (top, left) = ((side - size.y) / 2, (side - size.x) / 2)
    for row in 0..<count * size.y {
      let (image, line) = (row / size.y, row % size.y)
      let from = (image * side + top + line) * side + left
      (pointer + row * size.x).update(from: pointer + from, count: size.x)
    }
    return part(0, count: count * size.y * size.x)
  }
}

extension DataSet {
  /// The images as often as an epoch shows each: once, or in as many patches as cover it.
  func showings(of samples: [Int], _ preprocessing: ImageInput) -> [Int] {
    guard preprocessing.framing == .patch else { return samples }
    let side = preprocessing.side
    return samples.flatMap { sample in
      let size = self.samples[sample].size
      let count = ((size.width + side - 1) / side) * ((size.height + side - 1) / side)
      return Array(repeating: sample, count: count)
    }
  }
}
