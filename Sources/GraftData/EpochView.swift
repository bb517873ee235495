import GraftBase
import GraftImaging
import GraftKernels

/// What training sees of an epoch, image by image: the loader's own order, draws and batches.
package struct EpochView {
  /// One image of the epoch as training sees it.
  package struct DrawnImage: Sendable {
    package let key: SampleKey
    /// Of the encoder's input size, mixed if its batch was.
    package let image: Image
    /// The classes it counts for and how much, the largest weight first; the weights add up to 1.
    package let labels: [(label: Int, weight: Float)]
    /// What it was mixed with; nil when its batch was left alone.
    package let mixing: MixedImage?
    /// Its mask in a set for segmentation; see `DataSet.mask`.
    package let mask: Image?
  }

  /// The other image of a mixed pair.
  package struct MixedImage: Sendable {
    /// The operation that mixed: `mixup`.
    package let operation: String
    package let partner: SampleKey
    /// The partner before mixing.
    package let image: Image
  }

  private let dataSet: DataSet
  private let recipe: ImagePreparation
  private let loader: Loader
  private let epoch: Int
  private let keys: [SampleKey]
  private let pool: ThreadPool

  /// The epoch of that number, from 0, of a training with these settings; see `Loader`.
  package init(
    _ dataSet: DataSet, indices: [Int], epoch: Int, settings: Loader.Settings,
    preprocessing: ImageInput, pipeline: Pipeline, pool: ThreadPool
  ) throws {
    var settings = settings
    settings.batchesAhead = 0
    self.dataSet = dataSet
    recipe = ImagePreparation(preprocessing: preprocessing, pipeline: pipeline, seed: settings.seed)
    loader = try Loader(
      dataSet, indices: indices, settings: settings, preprocessing: preprocessing,
      pipeline: pipeline, pool: pool)
    self.epoch = epoch
    self.pool = pool
    keys = loader.keys(epoch: epoch)
  }

  /// The numbers of the images in the order of the epoch.
  package var samples: [Int] { keys.map(\.sample) }

  /// The images at some places of the epoch's order, in the order of `places`.
  package func images(at places: [Int]) throws -> [DrawnImage] {
    guard let mixing = recipe.pipeline?.mixing else {
      let (dataSet, recipe) = (dataSet, recipe)
      return try pool.map(places.map { keys[$0] }) {
        try Self.alone($0, of: dataSet, recipe)
      }.map { try $0.get() }
    }
    let batchOfPlace = Dictionary(
      uniqueKeysWithValues: (0..<loader.partition.batchCount).flatMap { batch in
        loader.partition.range(of: batch).map { ($0, batch) }
      })
    var found: [Int: DrawnImage] = [:]
    loader.start(epoch: epoch, batches: Set(places.compactMap { batchOfPlace[$0] }).sorted())
    while let batch = try loader.next() {
      let range = loader.partition.range(of: batch.index)
      let draw = mixing.draw(
        seed: recipe.seed, epoch: epoch, batch: batch.index, count: batch.count,
        size: recipe.preprocessing.outputSize)
      for place in places where range.contains(place) {
        found[place] = try image(at: place - range.lowerBound, in: batch, draw)
      }
    }
    return places.compactMap { found[$0] }
  }

  /// An image that nothing is mixed with.
  private static func alone(
    _ key: SampleKey, of dataSet: DataSet, _ recipe: ImagePreparation
  ) throws -> DrawnImage {
    DrawnImage(
      key: key, image: try recipe.image(of: dataSet, key: key),
      labels: dataSet.samples[key.sample].labels.map { ($0, 1) }, mixing: nil,
      mask: dataSet.task == .segmentation ? try recipe.mask(of: dataSet, key: key) : nil)
  }

  private func unmixed(_ key: SampleKey) throws -> Image {
    try recipe.image(of: dataSet, key: key)
  }

  private func image(at place: Int, in batch: Batch, _ draw: MixingDraw?) throws -> DrawnImage {
    let start = place * batch.imageLength
    let values = UnsafeBufferPointer(
      rebasing: batch.usedPixels[start..<(start + batch.imageLength)])
    let targets = batch.targetSlot(place)
    let isMap = dataSet.task == .segmentation
    let weights = isMap ? [] : zip(0..., targets).filter { $0.1 > 0 }
    let labels = weights.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    return DrawnImage(
      key: batch.keys[place], image: recipe.preprocessing.image(of: values),
      labels: isMap
        ? batch.labels[place].map { (label: $0, weight: Float(1)) }
        : labels.map { (label: $0.0, weight: $0.1) },
      mixing: try draw.flatMap { draw in
        try draw.mixes[place].map { mix in
          let partner = batch.keys[draw.partners[place]]
          return MixedImage(operation: mix.name, partner: partner, image: try unmixed(partner))
        }
      }, mask: isMap ? Image(labels: targets, size: recipe.preprocessing.outputSize) : nil)
  }
}

extension Image {
  /// The mask that `writeLabels` made these of.
  fileprivate init(labels: UnsafeMutableBufferPointer<Float>, size: ImageSize) {
    self.init(
      width: size.width, height: size.height, channels: 1,
      pixels: labels.map { $0 == Self.unknownLabel ? 0 : UInt8($0) + 1 })
  }
}
