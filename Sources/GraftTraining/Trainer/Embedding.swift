import GraftBase
import GraftEngine
import GraftKernels
import GraftModels

/// What a model's encoder computes of images, before the head: a row of pooled features for each.
package struct Embedding: Sendable {
  /// Features of an image.
  package let width: Int
  /// Stable indices of the images in their data set, in the order of rows.
  package private(set) var samples: [Int] = []
  package private(set) var labels: [Int] = []
  /// [images, width], row-major.
  package private(set) var values: [Float] = []

  /// Computes the features of every image of `source`; nil when `onBatch`, told how many batches are
  /// done, answered false.
  ///
  /// Throws where a file cannot be read or a feature is not finite.
  package init?(
    of source: any BatchSource, by model: Model, pool: ThreadPool,
    onBatch: (_ done: Int, _ of: Int) -> Bool = { _, _ in true }
  ) throws {
    let plans = PlanCache(model: model, cut: model.features, pool: pool)
    width = model.features.shape.withBatch(1).elementCount
    let isWhole = try source.forEachBatch(onBatch: onBatch) { batch in
      let features = try plans.features(of: batch)
      if let place = features.buffer.firstIndex(where: { !$0.isFinite }) {
        let name = source.name(ofSample: batch.samples[place / width])
        throw GraftError(
          .failed, "the features of \(name.escapingControlCharacters) are not finite",
          help: "the encoder's weights are damaged; `forward` shows what its layers compute")
      }
      values += features.buffer
      samples += batch.samples
      labels += batch.labels
    }
    guard isWhole else { return nil }
  }
}
