import GraftEngine
import GraftKernels

/// Where batches come from, in order, from any batch of any epoch on.
///
/// Because an epoch's order is a function of its number, a resumed run starts at the batch where it
/// stopped and gets the same one. All batches have one size or one less, never a single image.
package protocol BatchSource: AnyObject {
  /// Images of an epoch.
  var sampleCount: Int { get }
  /// Batches of an epoch.
  var batchCount: Int { get }
  /// Begins an epoch; returns at once, so call it before other work.
  func start(epoch: Int, at firstBatch: Int)
  /// The next batch, nil at the end; its memory is valid until the next call.
  func nextBatch() throws -> LabeledImages?
  /// What to call an image in a message: its file.
  func name(ofSample sample: Int) -> String
  /// Seconds that `nextBatch` waited for images, since the source was made.
  var secondsWaited: Double { get }
}

extension BatchSource {
  /// Hands each batch of the plain images to `body`; false when `onBatch`, told how many are done,
  /// ended it by answering false.
  func forEachBatch(
    onBatch: (_ done: Int, _ of: Int) -> Bool, _ body: (LabeledImages) throws -> Void
  ) throws -> Bool {
    start(epoch: 0, at: 0)
    var done = 0
    while let batch = try nextBatch() {
      try body(batch)
      done += 1
      guard onBatch(done, batchCount) else { return false }
    }
    return true
  }
}

/// Which part of a model a plan computes.
package enum ModelPart: Hashable, Sendable {
  case whole
  /// From the images to the features after the frozen part.
  case frozen
  /// From those features on.
  case rest
}

/// Images ready for a model, and their targets.
package struct LabeledImages {
  /// Pixels [N, H, W, C]; for `.rest`, features of the shape that follows.
  package let images: Slice
  package let imageShape: Shape
  /// What of the model is still to be computed.
  package let part: ModelPart
  /// Soft targets [N, classes], whose rows add up to 1; or label maps [N, h, w].
  package let targets: Slice
  /// Stable indices of the images in their data set; the first of a mixed pair.
  package let samples: [Int]

  package init(
    images: Slice, imageShape: Shape, part: ModelPart = .whole, targets: Slice, samples: [Int]
  ) {
    precondition(
      imageShape.batch == samples.count && images.count == imageShape.elementCount,
      "a batch whose parts differ in length")
    self.images = images
    self.imageShape = imageShape
    self.part = part
    self.targets = targets
    self.samples = samples
  }

  package var count: Int { samples.count }
  package var classCount: Int { count == 0 ? 0 : targets.count / count }

  /// The heaviest class of each image's target.
  package var labels: [Int] {
    (0..<count).map { targets.maximum(ofRow: $0, width: classCount) }
  }
}

extension Slice {
  /// The place of the largest value of a row, the first of equals.
  func maximum(ofRow row: Int, width: Int) -> Int {
    let row = part(row * width, count: width)
    var best = 0
    for place in 0..<width where row.pointer[place] > row.pointer[best] { best = place }
    return best
  }
}
