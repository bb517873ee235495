import GraftBase
import GraftEngine
import GraftKernels
import GraftModels
import GraftTraining

/// A trainer on one batch of noise: all that an update does besides making images.
final class TrainerWork {
  private let trainer: Trainer
  private let batch: LabeledImages

  init(encoder: String, batch: Int, size: Int, policy: Policy, pool: ThreadPool) throws {
    let spec = try Encoders.named(encoder)
    let model = try Model(
      spec: spec, head: .linear(), classes: (0..<10).map { "class \($0)" }, seed: 0,
      input: spec.input.resized(to: size))
    let source = OneBatch(
      images: Tensor(model.image.shape.withBatch(batch)),
      targets: Tensor(model.target.shape.withBatch(batch)))
    self.batch = source.batch
    trainer = try Trainer(
      PreparedPhase(
        TrainingPhase(policy, TrainingSettings()), of: model, batchCount: source.batchCount),
      training: source, pool: pool)
  }

  func update() throws { _ = try trainer.update(on: batch) }
}

/// The same batch in every epoch.
private final class OneBatch: BatchSource {
  private let images, targets: Tensor
  private var isTaken = false

  init(images: Tensor, targets: Tensor) {
    self.images = images
    self.targets = targets
    var random = RandomStream(seed: 1, purpose: .drawing)
    for index in 0..<images.slice.count {
      images.slice.pointer[index] = Float(random.uniform(-2...2))
    }
    for index in 0..<targets.slice.count {
      targets.slice.pointer[index] = index % 10 == 3 ? 1 : 0
    }
  }

  var batch: LabeledImages {
    LabeledImages(
      images: images.slice, imageShape: images.shape, targets: targets.slice,
      samples: Array(0..<sampleCount))
  }

  var sampleCount: Int { images.shape.batch }
  var batchCount: Int { 1 }
  var secondsWaited: Double { 0 }
  func name(ofSample sample: Int) -> String { "noise \(sample)" }
  func start(epoch: Int, at firstBatch: Int) { isTaken = firstBatch > 0 }

  func nextBatch() -> LabeledImages? {
    guard !isTaken else { return nil }
    isTaken = true
    return batch
  }
}
