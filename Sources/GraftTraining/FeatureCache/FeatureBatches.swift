import Foundation
import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftKernels

/// Batches of a frozen prefix's features: computed when a view of an image is first needed, and
/// read from a store afterwards.
///
/// A batch is either computed or read as a whole, so that no plan has a size that training without
/// a cache would not have. The first batch that could be read is computed again and compared, bit
/// for bit. On any fault the stores are dropped and the run continues with images.
final class FeatureBatches: BatchSource {
  private let images: ImageBatches
  private let prefix: FrozenPrefix
  private let prefixHash: ContentHash.Digest
  private let plans: PlanCache
  private let cache: FeatureCache
  /// By view.
  private var stores: [FeatureStore?]
  /// The row of an image in each store, by its number in the data set.
  private var rows: [Int]
  /// Whether rows of this run have been computed twice with the same result.
  private var hasProof = false
  private let features: Storage
  private let targets: Storage
  /// Room for one row.
  private let kept: Storage

  private var epoch = 0
  private var next = 0
  private var keys: [SampleKey] = []
  /// The batches of this epoch whose images are made.
  private(set) var loaded: Set<Int> = []
  private var isOn = true
  /// The batch at which the images must start because the stores were dropped.
  private var restart: Int?
  /// Messages for the user that have not been shown yet.
  private(set) var remarks: [String] = []

  /// Whether the images have a fixed number of views, each depends on itself alone, and its labels
  /// are classes of it as a whole.
  static func canServe(_ images: ImageBatches) -> Bool {
    images.views != nil && images.copies == 1 && !images.isMixed && !images.hasMasks
      && images.batchCount > 0
  }

  init(
    _ images: ImageBatches, _ prefix: FrozenPrefix, hash: ContentHash.Digest,
    plans: PlanCache, cache: FeatureCache
  ) throws {
    self.images = images
    self.prefix = prefix
    prefixHash = hash
    self.plans = plans
    self.cache = cache
    stores = [FeatureStore?](repeating: nil, count: images.views ?? 1)
    rows = [Int](repeating: 0, count: (images.samples.last ?? -1) + 1)
    for (row, sample) in images.samples.enumerated() { rows[sample] = row }
    let count = images.partition.largestBatch
    let what = "a batch of the features of \(count) images"
    features = try .reserve(count * prefix.rowLength, for: what)
    targets = try .reserve(count * images.classCount, for: what)
    kept = try .reserve(prefix.rowLength, for: what)
  }

  var sampleCount: Int { images.sampleCount }
  var batchCount: Int { images.batchCount }
  var secondsWaited: Double { images.secondsWaited }
  func name(ofSample sample: Int) -> String { images.name(ofSample: sample) }

  /// Images times views, and the bytes that their features take.
  var viewCount: Int { stores.count }
  var byteCount: Int { 4 * stores.count * images.samples.count * prefix.rowLength }

  /// Bytes of memory that the views of later epochs will take.
  var bytesToCome: Int {
    guard isOn, byteCount <= cache.memoryBudget else { return 0 }
    return byteCount / stores.count * stores.count { $0 == nil }
  }

  func start(epoch: Int, at firstBatch: Int) {
    self.epoch = epoch
    next = firstBatch
    restart = nil
    guard isOn else { return images.start(epoch: epoch, at: firstBatch) }
    do {
      try openEpoch(at: firstBatch)
    } catch {
      drop("\(error)")
      return images.start(epoch: epoch, at: firstBatch)
    }
    images.start(epoch: epoch, batches: loaded.sorted())
  }

  func nextBatch() throws -> LabeledImages? {
    guard isOn else {
      if let restart { images.start(epoch: epoch, at: restart) }
      restart = nil
      return try images.nextBatch()
    }
    guard next < batchCount else { return nil }
    let batch = next
    next += 1
    guard loaded.contains(batch) else {
      do {
        return try read(batch)
      } catch {
        drop("\(error)", restartingAt: batch)
        return try nextBatch()
      }
    }
    guard let images = try images.nextBatch() else {
      preconditionFailure("images of a batch that were never asked for")
    }
    let computed = try plans.features(of: images)
    do {
      try keep(computed, batch)
    } catch {
      drop("\(error)", restartingAt: next)
      return images
    }
    // The plan's memory is reused when the rest of the model runs.
    let features = features.slice.part(0, count: computed.count)
    features.copy(from: computed)
    return LabeledImages(
      images: features, imageShape: prefix.cut.shape.withBatch(images.count), part: .rest,
      targets: images.targets, samples: images.samples)
  }

  /// Returns the pending messages and clears them.
  func takeRemarks() -> [String] {
    defer { remarks = [] }
    return remarks
  }

  private func keys(of batch: Int) -> ArraySlice<SampleKey> {
    keys[images.partition.range(of: batch)]
  }

  private func store(_ key: SampleKey) -> FeatureStore {
    guard let store = stores[key.epoch] else { preconditionFailure("a view that was not opened") }
    return store
  }

  /// Opens the stores of the epoch's views and finds the batches whose images are needed: those not
  /// held as a whole, and for each store that nothing has proven the first that is.
  private func openEpoch(at firstBatch: Int) throws {
    keys = images.keys(epoch: epoch)
    for view in Set(keys.map(\.epoch)) where stores[view] == nil { stores[view] = try open(view) }
    var proven = Set(stores.indices.filter { stores[$0]?.isProven ?? false })
    loaded = []
    for batch in firstBatch..<batchCount {
      let keys = keys(of: batch)
      guard keys.allSatisfy({ store($0).holds(rows[$0.sample]) }) else {
        loaded.insert(batch)
        continue
      }
      let unproven = Set(keys.map(\.epoch)).subtracting(proven)
      guard !unproven.isEmpty else { continue }
      loaded.insert(batch)
      proven.formUnion(provenBy(unproven))
    }
  }

  private func open(_ view: Int) throws -> FeatureStore {
    var key = ContentHash()
    key.update("graft features 1\n")
    key.update(prefixHash.bytes)
    key.update(images.contentHash(view: view).bytes)
    let (store, warning) = try cache.store(
      key.finish(), rowCount: images.samples.count, rowLength: prefix.rowLength)
    if let warning { remarks.append(warning) }
    if !store.isForeign, hasProof { store.isProven = true }
    return store
  }

  /// The views that are verified with these: all that this process computed counts as one.
  private func provenBy(_ views: Set<Int>) -> Set<Int> {
    guard views.contains(where: { stores[$0]?.isForeign == false }) else { return views }
    return views.union(stores.indices.filter { stores[$0]?.isForeign == false })
  }

  /// Keeps the rows of a batch that are new, and compares the others with what is kept.
  private func keep(_ computed: Slice, _ batch: Int) throws {
    guard computed.buffer.allSatisfy(\.isFinite) else {
      throw GraftError(.failed, "the frozen layers compute features that are not finite")
    }
    let length = prefix.rowLength
    var compared: Set<Int> = []
    for (place, key) in keys(of: batch).enumerated() {
      let row = rows[key.sample]
      let features = computed.part(place * length, count: length)
      guard store(key).holds(row) else {
        try store(key).keep(features, as: row)
        continue
      }
      try store(key).copy(row, to: kept.slice)
      guard memcmp(kept.slice.pointer, features.pointer, 4 * length) == 0 else {
        throw GraftError(
          .failed,
          "the features of \(name(ofSample: key.sample).escapingControlCharacters), computed again, "
            + "differ from the stored ones")
      }
      compared.insert(key.epoch)
    }
    guard !compared.isEmpty else { return }
    for view in provenBy(compared) { stores[view]?.isProven = true }
    hasProof = hasProof || compared.contains { stores[$0]?.isForeign == false }
  }

  /// A batch whose rows are all held, gathered.
  private func read(_ batch: Int) throws -> LabeledImages {
    let length = prefix.rowLength
    let keys = keys(of: batch)
    let features = features.slice.part(0, count: keys.count * length)
    let targets = targets.slice.part(0, count: keys.count * images.classCount)
    targets.fill(0)
    for (place, key) in keys.enumerated() {
      try store(key).copy(
        rows[key.sample], to: features.part(place * length, count: length))
      for label in images.labels(of: key.sample) {
        targets.pointer[place * images.classCount + label] = 1
      }
    }
    return LabeledImages(
      images: features, imageShape: prefix.cut.shape.withBatch(keys.count), part: .rest,
      targets: targets, samples: keys.map(\.sample))
  }

  /// Continues with images, from this batch of the epoch.
  private func drop(_ reason: String, restartingAt batch: Int? = nil) {
    for store in stores.compactMap({ $0 }) { cache.drop(store) }
    stores = stores.map { _ in nil }
    isOn = false
    restart = batch
    remarks.append("stored features are dropped, the run continues without them: \(reason)")
  }
}
