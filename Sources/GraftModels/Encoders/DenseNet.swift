import GraftEngine

/// Every layer of a block reads what all layers before it made, joined (Huang et al., 2016), with
/// torchvision's names.
package struct DenseNet: Encoder {
  private let stem: Chain
  private let blocks: [Chain]
  private let last: Chain

  /// - Parameters:
  ///   - blockCounts: layers of each block.
  ///   - growth: channels that one layer adds.
  package init(_ scope: Scope, channels: Int, blockCounts: [Int], growth: Int) {
    let features = scope["features"]
    stem = Chain(
      Convolution(
        features["conv0"], from: channels, to: 64, kernel: 7, stride: 2, padding: 3,
        start: .kaimingNormalByInputs),
      BatchNorm(features["norm0"], channels: 64), PlainLayer.relu(features["relu0"]),
      PlainLayer.maxPool(features["pool0"], padding: 1))
    var width = 64
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
    EncoderSpec(
      name: "densenet121", family: "DenseNet", summary: "dense concatenation, Huang 2016",
      parameterCount: 7_978_856,
      stages: [
        .init("stem", ["conv0", "norm0", "relu0", "pool0"].map { "features.\($0)" }),
        .init("block1", "features.denseblock1", "features.transition1"),
        .init("block2", "features.denseblock2", "features.transition2"),
        .init("block3", "features.denseblock3", "features.transition3"),
        .init("block4", "features.denseblock4", "features.norm5", "features.relu5"),
      ],
      featureWidth: 1024, input: .imageNet, classifierPrefix: ["classifier"],
      linearHeadPath: "classifier", ownClassCount: 1000,
      makeEncoder: { DenseNet($0, channels: $1, blockCounts: [6, 12, 24, 16], growth: 32) },
      makeOwnHead: { scope, classCount in
        PooledHead(
          scope, linear: Linear(scope["classifier"], from: 1024, to: classCount, bias: .zeros))
      })
  ]
}
