import GraftBase
import GraftEngine
import GraftKernels

extension Trainer {
  /// One update by the mean gradient over the images of the next batches; returns their number and mean loss.
  ///
  /// Batches are computed one after the other, so that they take the memory of one; norms use and move their
  /// statistics by each. Updates never span epochs: the last of an epoch is of the batches that are left. What
  /// fails in one of the batches leaves everything as it was before the first.
  func update(
    addingUpIn sum: GradientSum, next: () throws -> LabeledImages
  ) throws -> (images: Int, loss: Double) {
    let before = progress
    let end = min(progress.batch + (settings.accumulation ?? 1), training.batchCount)
    saveStatistics()
    sum.clear()
    do {
      while progress.batch < end {
        let batch = try next()
        // Counted over all epochs, so that no two batches draw alike.
        let draw = progress.epoch * training.batchCount + progress.batch
        let (plan, _) = try differentiate(batch, draw: draw)
        sum.add(gradients, images: batch.count, pool: pool)
        _ = count(batch, in: plan)
        progress.batch += 1
      }
      let share = 1 / Double(sum.images)
      let norm = share * gradientNorm.of(sum.slices, pool: pool)
      guard norm.isFinite else {
        throw GraftError(
          .failed,
          "the sum of gradients is not finite in update \(before.step + 1). The update was not applied; "
            + "the weights are those before it", help: "lower the learning rate or accumulate=")
      }
      apply(norm: norm, share: share) { sum.slice(of: $0) }
    } catch {
      progress = before
      restoreStatistics()
      throw error
    }
    let images = progress.totals.images - before.totals.images
    return (sum.images, (progress.totals.loss - before.totals.loss) / Double(images))
  }
}
