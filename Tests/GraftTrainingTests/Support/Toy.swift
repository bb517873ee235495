import GraftBase
import GraftEngine
import GraftKernels

@testable import GraftModels
@testable import GraftTraining

/// A three-stage encoder small enough to train in a debug build.
struct ToyEncoder: Encoder {
  private let layers: [(Convolution, BatchNorm, PlainLayer)]

  init(_ scope: Scope) {
    layers = ["stem", "layer1", "layer2"].enumerated().map { index, name in
      let scope = scope[name]
      return (
        Convolution(
          scope["conv"], from: index == 0 ? 3 : 4, to: 4, kernel: 3, stride: 2, padding: 1),
        BatchNorm(scope["bn"], channels: 4), .relu(scope["relu"])
      )
    }
  }

  func callAsFunction(_ image: Value) throws -> Value {
    try layers.reduce(image) { x, layer in try layer.2(layer.1(layer.0(x))) }
  }

  static let spec = EncoderSpec(
    name: "toy", family: "toy", summary: "three convolutions", parameterCount: 0,
    stages: [.init("stem", "stem"), .init("layer1", "layer1"), .init("layer2", "layer2")],
    featureWidth: 4, input: ImageInput.cifar.resized(to: 16), classifierPrefix: ["fc"],
    linearHeadPath: "fc", ownClassCount: 3,
    makeEncoder: { scope, _ in ToyEncoder(scope) },
    makeOwnHead: { scope, count in
      PooledHead(scope, linear: Linear(scope["fc"], from: 4, to: count))
    })

  /// A model with three classes; `dropout` in front of its linear head.
  static func model(dropout: Double = 0, seed: UInt64 = 3) throws -> Model {
    try Model(
      spec: spec, head: .linear(dropout: dropout), classes: ["red", "green", "blue"], seed: seed)
  }
}

/// Noisy squares of three colors: a set that can be learned in a few updates.
final class ToyBatches: BatchSource {
  let sampleCount: Int
  private let sizes: [Int]
  private let isShuffled: Bool
  private var epoch = 0
  private var next = 0
  private var held: [Tensor] = []
  /// Samples whose pixels are replaced by NaN.
  var poisoned: Set<Int> = []
  private(set) var starts: [String] = []

  init(_ sizes: [Int], isShuffled: Bool = true) {
    self.sizes = sizes
    self.isShuffled = isShuffled
    sampleCount = sizes.reduce(0, +)
  }

  var batchCount: Int { sizes.count }
  var secondsWaited: Double { 0 }

  func start(epoch: Int, at firstBatch: Int) {
    self.epoch = epoch
    next = firstBatch
    starts.append("\(epoch):\(firstBatch)")
  }

  func nextBatch() throws -> LabeledImages? {
    guard next < sizes.count else { return nil }
    var order = RandomStream(seed: 5, purpose: .order, epoch: epoch)
    let all = isShuffled ? order.permutation(sampleCount) : Array(0..<sampleCount)
    let first = sizes[..<next].reduce(0, +)
    let samples = Array(all[first..<first + sizes[next]])
    next += 1
    let shape: Shape = [samples.count, 16, 16, 3]
    let images = Tensor(shape)
    let targets = Tensor([samples.count, 3])
    for (place, sample) in samples.enumerated() {
      var random = RandomStream(
        seed: 5, purpose: .augmentation, epoch: isShuffled ? epoch : 0, sample: sample)
      for value in 0..<768 {
        let color: Float = value % 3 == sample % 3 ? 1 : -0.2
        images.slice.pointer[place * 768 + value] =
          poisoned.contains(sample) ? .nan : color + Float(random.normal()) * 0.5
      }
      targets.slice.pointer[place * 3 + sample % 3] = 1
    }
    held = [images, targets]
    return LabeledImages(
      images: images.slice, imageShape: shape, targets: targets.slice, samples: samples)
  }

  func name(ofSample sample: Int) -> String { "toy/\(sample).png" }
}

extension Policy {
  /// C, at its usual rates for AdamW.
  static let discriminative = Policy(.geometric(lowest: 1e-5, highest: 1e-3))
}
