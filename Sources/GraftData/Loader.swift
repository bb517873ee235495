import GraftBase
import GraftImaging
import GraftKernels

/// Prepares batches in the background, ahead of the trainer or evaluator.
///
/// Pixels are a pure function of (seed, epoch, sample) and batches come in order, so nothing
/// depends on the number of threads. While the trainer holds one batch the next two are made by
/// idle threads; a trainer that arrives early helps. Use it from one
/// thread:
///
///     loader.start(epoch: 3)
///     while let batch = try loader.next() { train(on: batch) }
package final class Loader {
  /// How the epoch is cut into batches.
  package let partition: BatchPartition
  package let classCount: Int
  /// Height and width of the images in a batch, in pixels.
  package var inputSize: Int { work.recipe.preprocessing.side }
  package var channels: Int { work.recipe.preprocessing.channels }
  /// Seconds that `next()` spent on images which were not ready, since the loader was made.
  package private(set) var secondsWaited = 0.0

  private let order: EpochOrder?
  private let views: Int?
  private let copies: Int
  private let indices: [Int]
  private let work: BatchWork
  private let pool: ThreadPool
  /// Batches that are free.
  private var free: [Batch] = []
  /// Batches that are being made, in order.
  private var underWay: [(batch: Batch, job: BackgroundJob)] = []
  /// The batch that the trainer holds.
  private var handedOut: Batch?
  private var epoch = 0
  private var epochKeys: [SampleKey] = []
  /// Numbers of the batches still to be made, in order.
  private var pending: ArraySlice<Int> = []

  /// How a loader serves; every setting has the value that evaluation wants.
  package struct Settings: Sendable {
    package var batchSize: Int
    /// Shuffle, and how to treat classes of different size; nil keeps the order of `indices`.
    package var shuffle: ClassBalance?
    package var seed: UInt64 = 0
    /// Augmented views of each image, which epochs take in turn; nil draws new ones every time.
    package var views: Int?
    /// Images of each sample in a batch, all first ones before all second ones; see
    /// `SampleKey.copy`.
    package var copies = 1
    /// Batches made ahead of the one in use.
    package var batchesAhead = 2

    package init(batchSize: Int) { self.batchSize = batchSize }
  }

  /// A loader over the images `indices` of `dataSet`; `classCount` may exceed the data set's.
  ///
  /// Throws when the batches do not fit into memory, or a label has no place.
  package init(
    _ dataSet: DataSet, indices: [Int], settings: Settings, preprocessing: ImageInput,
    pipeline: Pipeline? = nil, classCount: Int? = nil, pool: ThreadPool
  ) throws {
    let classCount = classCount ?? dataSet.classes.count
    let labels = indices.map { dataSet.samples[$0].label }
    try Self.check(
      indices.flatMap { dataSet.samples[$0].labels }, of: dataSet, against: classCount)
    try Self.check(settings.shuffle, for: dataSet)
    self.classCount = classCount
    self.indices = indices
    self.pool = pool
    partition = BatchPartition(count: indices.count, batchSize: settings.batchSize)
    views = settings.views
    copies = settings.copies
    order = settings.shuffle.map {
      EpochOrder(indices, labels: labels, balance: $0, seed: settings.seed)
    }
    work = BatchWork(
      dataSet: dataSet,
      recipe: ImagePreparation(
        preprocessing: preprocessing, pipeline: pipeline, seed: settings.seed))
    free = try makeBuffers(ahead: settings.batchesAhead)
  }

  private static func check(
    _ labels: [Int], of dataSet: DataSet, against classCount: Int
  ) throws {
    guard let label = labels.max(), label >= classCount else { return }
    throw GraftError(
      .usage,
      "\(dataSet.name) has class \(dataSet.classes[label]) at index \(label), "
        + "but the head has \(classCount) classes")
  }

  /// Refuses to draw classes equally often where an image has several.
  private static func check(_ balance: ClassBalance?, for dataSet: DataSet) throws {
    guard dataSet.task == .multiLabel, balance == .sampler else { return }
    throw GraftError(
      .usage,
      "balance=sampler draws each class equally often, and images of \(dataSet.name) have "
        + "any number of labels", help: "weigh them in the loss: data … balance=weights")
  }

  /// Room for the batch in use and those ahead of it; refused before it is taken when it is too much.
  private func makeBuffers(ahead: Int) throws -> [Batch] {
    let (preprocessing, task) = (work.recipe.preprocessing, work.dataSet.task)
    let size = preprocessing.outputSize
    let imageLength = preprocessing.floatCount(for: size)
    let mapLength = task == .segmentation ? size.width * size.height : nil
    let capacity = partition.largestBatch * copies
    let (length, overflow) = capacity.multipliedReportingOverflow(by: imageLength)
    let buffers = Self.bufferCount(partition, ahead: ahead)
    let (bytes, isHuge) = length.multipliedReportingOverflow(by: 4 * max(1, buffers))
    try MemoryBudget.require(
      overflow || isHuge ? .max : bytes, for: "a loader of \(capacity) images per batch")
    return try (0..<buffers).map { _ in
      try Batch(
        capacity: capacity, imageLength: imageLength, classCount: classCount,
        mapLength: mapLength)
    }
  }

  /// Batches that a loader keeps in memory: one in use and those ahead of it.
  package static func bufferCount(_ partition: BatchPartition, ahead: Int = 2) -> Int {
    min(ahead + 1, partition.batchCount)
  }

  deinit { for entry in underWay { entry.job.wait() } }

  /// Begins an epoch at batch number `firstBatch` (a resumed run's may not be 0).
  ///
  /// It returns at once with the first batches under way: call it early, before an evaluation of
  /// the epoch before, so that training does not wait.
  package func start(epoch: Int, at firstBatch: Int = 0) {
    start(epoch: epoch, batches: Array(firstBatch..<partition.batchCount))
  }

  /// Begins an epoch of which only some batches are wanted, in ascending order.
  package func start(epoch: Int, batches: [Int]) {
    precondition(batches.allSatisfy((0..<partition.batchCount).contains), "no such batch")
    abandon()
    self.epoch = epoch
    epochKeys = keys(epoch: epoch)
    pending = batches[...]
    submit()
  }

  /// The next batch, nil at the end of the epoch.
  ///
  /// Throws the error of an image that could not be read; the epoch is then over.
  package func next() throws -> Batch? {
    recycle()
    submit()
    guard !underWay.isEmpty else { return nil }
    let (batch, job) = underWay.removeFirst()
    let clock = ContinuousClock()
    let waited = clock.measure { job.wait() }
    secondsWaited += waited / .seconds(1)
    handedOut = batch
    if let error = batch.error {
      abandon()
      throw error
    }
    return batch
  }

  /// The random addresses of an epoch's images, in order.
  ///
  /// A sampler may show an image several times in an epoch; each showing has its own draws, as if
  /// it belonged to an epoch far away, or takes the next of the fixed views.
  package func keys(epoch: Int) -> [SampleKey] {
    let samples = order?.indices(epoch: epoch) ?? indices
    var showings: [Int: Int] = [:]
    return samples.map { sample in
      let showing = showings[sample, default: 0]
      showings[sample] = showing + 1
      return SampleKey(
        seed: work.recipe.seed,
        epoch: views.map { (epoch + showing) % $0 } ?? epoch + showing << 20, sample: sample)
    }
  }

  private func copied(_ keys: ArraySlice<SampleKey>) -> [SampleKey] {
    guard copies > 1 else { return Array(keys) }
    return (0..<copies).flatMap { copy in
      keys.map { SampleKey(seed: $0.seed, epoch: $0.epoch, sample: $0.sample, copy: copy) }
    }
  }

  /// Ends the epoch here; waits for the batches under way, whose jobs write into their buffers.
  private func abandon() {
    for entry in underWay {
      entry.job.wait()
      free.append(entry.batch)
    }
    underWay = []
    pending = []
    recycle()
  }

  private func recycle() {
    if let batch = handedOut { free.append(batch) }
    handedOut = nil
  }

  /// Puts every free buffer to work.
  private func submit() {
    while let number = pending.first, let batch = free.popLast() {
      pending.removeFirst()
      let keys = copied(epochKeys[partition.range(of: number)])
      batch.prepare(
        index: number, keys: keys,
        labels: keys.map { work.dataSet.samples[$0.sample].labels })
      let job = pool.submit(keys.count) { [work, epoch] place in
        work.fill(batch, place: place, epoch: epoch)
      }
      underWay.append((batch, job))
    }
  }
}

/// What it takes to fill a batch, on any thread.
private struct BatchWork: Sendable {
  let dataSet: DataSet
  let recipe: ImagePreparation

  /// Writes one image; the thread that writes the last one adds targets and mixes.
  func fill(_ batch: Batch, place: Int, epoch: Int) {
    let sample = batch.keys[place].sample
    do {
      let labels = dataSet.task == .segmentation ? batch.targetSlot(place) : nil
      try recipe.write(
        dataSet, key: batch.keys[place], into: batch.slot(place), labels: labels)
    } catch let error as GraftError {
      batch.fail(at: place, error)
    } catch {
      batch.fail(
        at: place,
        GraftError(.input, "\(dataSet.samples[sample].path) cannot be read: \(error)"))
    }
    guard batch.finishOne(), batch.error == nil else { return }
    if dataSet.task.isOfImages { batch.writeTargets() }
    recipe.mix(batch, epoch: epoch, task: dataSet.task)
  }
}
