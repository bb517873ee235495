import GraftEngine

/// Two blocks of two 3×3 convolutions with ten maps, without padding, as in CNN Explainer
/// (Wang et al., 2020).
package struct TinyVGG: Encoder {
  private let layers: Chain

  package init(_ scope: Scope, channels: Int) {
    var inputs = channels
    var layers: [any Layer] = []
    for number in 1...2 {
      let block = scope["conv_block_\(number)"]
      for place in [0, 2] {
        layers.append(
          Convolution(
            block[place], from: inputs, to: 10, kernel: 3, hasBias: true,
            start: .kaimingNormalByInputs))
        layers.append(PlainLayer.relu(block[place + 1]))
        inputs = 10
      }
      layers.append(PlainLayer.maxPool(block[4], kernel: 2, stride: 2))
    }
    self.layers = Chain(layers + [PlainLayer.flatten(scope["classifier"][0])])
  }

  package func callAsFunction(_ image: Value) throws -> Value { try layers(image) }
}

extension TinyVGG {
  /// Maps of 13×13 pixels.
  private static let width = 1690

  package static let specs = [
    EncoderSpec(
      name: "tinyvgg", family: "VGG", summary: "ten maps per layer, CNN Explainer 2020",
      parameterCount: 19_920,
      stages: [
        .init("block1", "conv_block_1"), .init("block2", "conv_block_2", "classifier.0"),
      ],
      featureWidth: width, input: .plusMinusOne(side: 64, from: 64),
      classifierPrefix: ["classifier.1"], linearHeadPath: "classifier.1", ownClassCount: 10,
      makeEncoder: { TinyVGG($0, channels: $1) },
      makeOwnHead: { scope, classCount in
        PooledHead(scope, linear: Linear(scope["classifier"][1], from: width, to: classCount))
      })
  ]
}
