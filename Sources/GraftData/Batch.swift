import GraftBase
import GraftImaging
import GraftKernels
import Synchronization

/// Images and targets of one training step, as the engine takes them.
///
/// A loader owns and reuses it: it is valid until the loader's next `next()` or `start`.
package final class Batch: Sendable {
  /// Room for the largest batch, N x height x width x channels, 64-byte aligned; the first `count`
  /// images are set.
  package var pixels: UnsafeMutableBufferPointer<Float> { pixelStorage.slice.buffer }
  /// Room for N x classes, each row sums to 1, or has a 1 for each of any number of labels; or for N label maps of height x width.
  package var targets: UnsafeMutableBufferPointer<Float> { targetStorage.slice.buffer }
  package let classCount: Int
  /// Numbers an image takes in `targets`.
  package let targetLength: Int
  /// Numbers an image takes in `pixels`.
  package let imageLength: Int

  /// Which batch of the epoch this is, from 0.
  package var index: Int { contents.withLock { $0.index } }
  /// The random addresses of the images, by which each can be made again alone.
  package var keys: [SampleKey] { contents.withLock { $0.keys } }
  /// The labels of each image before mixing.
  package var labels: [[Int]] { contents.withLock { $0.labels } }

  private let pixelStorage, targetStorage: Storage
  private let contents = Mutex(Contents())
  private let remaining = Atomic<Int>(0)
  /// The first failure by position in the batch, so that it does not depend on timing.
  private let failure = Mutex<(place: Int, error: GraftError)?>(nil)

  private struct Contents {
    var index = 0
    var keys: [SampleKey] = []
    var labels: [[Int]] = []
  }

  /// Images in this batch.
  package var count: Int { keys.count }

  /// The numbers of the images in the data set.
  package var samples: [Int] { keys.map(\.sample) }

  /// The pixels that are set: count x height x width x channels.
  package var usedPixels: UnsafeMutableBufferPointer<Float> {
    .init(rebasing: pixels[..<(count * imageLength)])
  }

  /// The targets that are set: count x targetLength.
  package var usedTargets: UnsafeMutableBufferPointer<Float> {
    .init(rebasing: targets[..<(count * targetLength)])
  }

  /// For label maps `mapLength` is their pixels, for soft labels nil.
  ///
  /// Throws where there is no memory for it.
  init(capacity: Int, imageLength: Int, classCount: Int, mapLength: Int? = nil) throws {
    self.imageLength = imageLength
    self.classCount = classCount
    targetLength = mapLength ?? classCount
    let what = "a batch of \(capacity) images"
    pixelStorage = try Self.storage(capacity * imageLength, for: what)
    targetStorage = try Self.storage(capacity * targetLength, for: what)
  }

  private static func storage(_ count: Int, for what: String) throws -> Storage {
    guard let storage = Storage(ifAvailable: count) else {
      throw MemoryBudget.refusal(of: 4 * count, for: what)
    }
    return storage
  }

  /// Makes the batch ready to be filled with other images.
  func prepare(index: Int, keys: [SampleKey], labels: [[Int]]) {
    contents.withLock { $0 = Contents(index: index, keys: keys, labels: labels) }
    remaining.store(keys.count, ordering: .relaxed)
    failure.withLock { $0 = nil }
  }

  /// Writes hard targets: 1 at each label.
  func writeTargets() {
    usedTargets.update(repeating: 0)
    for (place, labels) in labels.enumerated() {
      for label in labels { targets[place * classCount + label] = 1 }
    }
  }

  /// The memory of one image.
  func slot(_ place: Int) -> UnsafeMutableBufferPointer<Float> {
    .init(rebasing: pixels[(place * imageLength)..<((place + 1) * imageLength)])
  }

  /// The memory of one image's target.
  func targetSlot(_ place: Int) -> UnsafeMutableBufferPointer<Float> {
    .init(rebasing: targets[(place * targetLength)..<((place + 1) * targetLength)])
  }

  /// Counts one image as done; true for the last, when all others have been written.
  func finishOne() -> Bool {
    remaining.subtract(1, ordering: .acquiringAndReleasing).newValue == 0
  }

  func fail(at place: Int, _ error: GraftError) {
    failure.withLock { failure in
      if failure.map({ place < $0.place }) ?? true { failure = (place, error) }
    }
  }

  /// The failure of the first image that failed.
  var error: GraftError? { failure.withLock { $0?.error } }
}
