import GraftEngine

/// Every layer of a block reads what all layers before it made, joined (Huang et al., 2016), with
/// torchvision's names.
package struct DenseNet: Encoder {
  private let stem: Chain
  private let blocks: [Chain]
  private let last: Chain

  /// - Parameters:
  ///   - blockCounts: layers of each block.
  ///   - growth: channels that one layer adds; the first convolution has twice as many.
  package init(_ scope: Scope, channels: Int, blockCounts: [Int], growth: Int) {
    var width = 2 * growth
    let features = scope["features"]
    stem = Chain(
      Convolution(
        features["conv0"], from: channels, to: width, kernel: 7, stride: 2, padding: 3,
        start: .kaimingNormalByInputs),
      BatchNorm(features["norm0"], channels: width), PlainLayer.relu(features["relu0"]),
      PlainLayer.maxPool(features["pool0"], padding: 1))
    var blocks: [Chain] = []
    for (index, count) in blockCounts.enumerated() {
      let block = features["denseblock\(index + 1)"]
      var layers: [any Layer] = (1...count).map { number in
        defer { width += growth }
        return DenseLayer(block["denselayer\(number)"], from: width, growth: growth)
      }
      if index < blockCounts.count - 1 {
        layers.append(Self.transition(features["transition\(index + 1)"], from: width))
        width /= 2
      }
      blocks.append(Chain(layers))
    }
    self.blocks = blocks
    last = Chain(
      BatchNorm(features["norm5"], channels: width), PlainLayer.relu(features["relu5"]))
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    try last(blocks.reduce(stem(image)) { try $1($0) })
  }

  /// Halves channels, width and height.
  private static func transition(_ scope: Scope, from inputs: Int) -> Chain {
    Chain(
      BatchNorm(scope["norm"], channels: inputs), PlainLayer.relu(scope["relu"]),
      Convolution(
        scope["conv"], from: inputs, to: inputs / 2, kernel: 1, start: .kaimingNormalByInputs),
      PlainLayer.averagePool(scope["pool"], kernel: 2, stride: 2))
  }

  /// Adds `growth` channels to what it reads.
  private struct DenseLayer: Layer {
    let layers: Chain
    let concatenation: PlainLayer

    init(_ scope: Scope, from inputs: Int, growth: Int) {
      layers = Chain(
        BatchNorm(scope["norm1"], channels: inputs), PlainLayer.relu(scope["relu1"]),
        Convolution(
          scope["conv1"], from: inputs, to: 4 * growth, kernel: 1, start: .kaimingNormalByInputs),
        BatchNorm(scope["norm2"], channels: 4 * growth), PlainLayer.relu(scope["relu2"]),
        Convolution(
          scope["conv2"], from: 4 * growth, to: growth, kernel: 3, padding: 1,
          start: .kaimingNormalByInputs))
      concatenation = .concatenation(scope["concatenation"])
    }

    func callAsFunction(_ x: Value) throws -> Value { try concatenation(x, layers(x)) }
  }
}

extension DenseNet {
  package static let specs = [
    spec("121", [6, 12, 24, 16], growth: 32, width: 1024, 7_978_856),
    spec("161", [6, 12, 36, 24], growth: 48, width: 2208, 28_681_000),
    spec("169", [6, 12, 32, 32], growth: 32, width: 1664, 14_149_480),
    spec("201", [6, 12, 48, 32], growth: 32, width: 1920, 20_013_928),
  ]

  private static func spec(
    _ size: String, _ blockCounts: [Int], growth: Int, width: Int, _ parameterCount: Int
  ) -> EncoderSpec {
    EncoderSpec(
      name: "densenet\(size)", family: "DenseNet", summary: "dense concatenation, Huang 2016",
      parameterCount: parameterCount,
      stages: [
        .init("stem", ["conv0", "norm0", "relu0", "pool0"].map { "features.\($0)" }),
        .init("block1", "features.denseblock1", "features.transition1"),
        .init("block2", "features.denseblock2", "features.transition2"),
        .init("block3", "features.denseblock3", "features.transition3"),
        .init("block4", "features.denseblock4", "features.norm5", "features.relu5"),
      ],
      featureWidth: width, input: .imageNet, classifierPrefix: ["classifier"],
      linearHeadPath: "classifier", ownClassCount: 1000,
      makeEncoder: { DenseNet($0, channels: $1, blockCounts: blockCounts, growth: growth) },
      makeOwnHead: { scope, classCount in
        PooledHead(
          scope, linear: Linear(scope["classifier"], from: width, to: classCount, bias: .zeros))
      })
  }
}
