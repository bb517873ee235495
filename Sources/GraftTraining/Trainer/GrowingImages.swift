import GraftBase
import GraftData
import GraftEngine
import GraftKernels

/// Training images that grow from epoch to epoch, for a model that is validated at its full size.
///
/// Batches of one size only are in memory: those of the next are made when its first epoch begins.
final class GrowingImages: BatchSource {
  private let sides: [Int]
  private let make: (_ side: Int) throws -> ImageBatches
  private var images: ImageBatches?
  private var side: Int
  /// Why there are no images of the present size.
  private var failure: (any Error)?
  private var waitedBefore = 0.0

  let sampleCount: Int
  let batchCount: Int

  /// `sides` has the height and width of each epoch's images in pixels; epochs after those have the last.
  init(_ sides: [Int], _ make: @escaping (_ side: Int) throws -> ImageBatches) throws {
    precondition(!sides.isEmpty, "images of no size")
    self.sides = sides
    self.make = make
    side = sides[0]
    let first = try make(side)
    (sampleCount, batchCount) = (first.sampleCount, first.batchCount)
    images = first
  }

  var secondsWaited: Double { waitedBefore + (images?.secondsWaited ?? 0) }

  func start(epoch: Int, at firstBatch: Int) {
    let wanted = sides[min(epoch, sides.count - 1)]
    if wanted != side || images == nil {
      waitedBefore = secondsWaited
      images = nil
      side = wanted
      do { images = try make(wanted) } catch { failure = error }
    }
    images?.start(epoch: epoch, at: firstBatch)
  }

  func nextBatch() throws -> LabeledImages? {
    if let failure { throw failure }
    return try images?.nextBatch()
  }

  func name(ofSample sample: Int) -> String { images?.name(ofSample: sample) ?? "image \(sample)" }
}

extension TrainingSettings {
  /// The sides of training images that grow linearly from `low` to `high` pixels, an epoch each.
  ///
  /// The last quarter of the epochs, and the last epoch in any case, has the full size, to which the batch
  /// norms then adapt (Touvron et al., 2019). Sizes in between are `low` and multiples of 32 above it, or of 4
  /// where images are small, as networks halve them.
  package static func growingSides(from low: Int, to high: Int, epochs: Int) -> [Int] {
    let growing = epochs - (epochs + 3) / 4
    let step = high >= 96 ? 32 : 4
    return (0..<epochs).map { epoch in
      guard epoch < growing else { return high }
      return low + (high - low) * epoch / growing / step * step
    }
  }
}

extension [TrainingPhase] {
  /// The same with training images that grow from epoch to epoch of the whole run, in pixels.
  package func growing(to size: ClosedRange<Int>?) -> [TrainingPhase] {
    guard let size, size.lowerBound < size.upperBound else { return self }
    var sides = TrainingSettings.growingSides(
      from: size.lowerBound, to: size.upperBound,
      epochs: reduce(0) { $0 + $1.settings.epochs })[...]
    return map { phase in
      var phase = phase
      let own = [Int](sides.prefix(phase.settings.epochs))
      sides = sides.dropFirst(own.count)
      phase.settings.sides = Set(own) == [size.upperBound] ? nil : own
      return phase
    }
  }
}

extension PreparedPhase {
  /// Refuses sizes of training images that the network cannot take.
  func requireSizes() throws {
    let sides = Set(settings.sides ?? []).subtracting([model.input.side]).sorted()
    guard !sides.isEmpty, let image = model.graph.values[model.image.id].inputName else { return }
    guard model.task.isOfImages else {
      throw GraftError(
        .usage, "patches of images with masks have one size, and size= is a range",
        help: "give one size: size=\(model.input.side)")
    }
    for side in sides {
      let shape: Shape = [1, side, side, model.image.shape.channels]
      do {
        let shapes = try model.graph.shapes(
          forInputs: [image: shape], reaching: [model.logits.id, model.trainingLosses.id])
        guard shapes[model.logits.id] == model.logits.shape else {
          throw GraftError(.usage, "its scores would be \(shapes[model.logits.id])")
        }
      } catch let error as GraftError {
        throw GraftError(
          .usage, "\(model.spec.shortName) cannot take images of \(side) px: \(error.message)",
          help: "choose one size: size=\(model.input.side)")
      }
    }
  }

  /// The sizes in the order of epochs, where they differ: `128 px for 2 epochs, 160, then 224 for 2`.
  package var sizesText: String? {
    guard let sides = settings.sides, Set(sides).count > 1 else { return nil }
    var spans: [(side: Int, epochs: Int)] = []
    for side in sides {
      if spans.last?.side == side {
        spans[spans.count - 1].epochs += 1
      } else {
        spans.append((side, 1))
      }
    }
    return spans.map { "\($0.side) px" + ($0.epochs > 1 ? " for \($0.epochs) epochs" : "") }
      .joined(separator: ", ")
  }
}
