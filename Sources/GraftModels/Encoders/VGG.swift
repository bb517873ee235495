import GraftEngine

/// 3×3 convolutions in five blocks, a max pooling after each, then two layers of 4096 units
/// (Simonyan and Zisserman, 2014), with torchvision's names.
package struct VGG: Encoder {
  private let features: Chain
  private let hidden: Chain

  /// - Parameter blocks: outputs of each convolution, block by block.
  package init(_ scope: Scope, channels: Int, blocks: [[Int]], hasNorm: Bool) {
    var layers: [any Layer] = []
    var inputs = channels
    for block in blocks {
      for outputs in block {
        layers.append(
          Convolution(
            scope["features"][layers.count], from: inputs, to: outputs, kernel: 3, padding: 1,
            hasBias: true))
        if hasNorm {
          layers.append(BatchNorm(scope["features"][layers.count], channels: outputs))
        }
        layers.append(PlainLayer.relu(scope["features"][layers.count]))
        inputs = outputs
      }
      layers.append(PlainLayer.maxPool(scope["features"][layers.count], kernel: 2, stride: 2))
    }
    features = Chain(layers)
    let classifier = scope["classifier"]
    hidden = Chain(
      PlainLayer.adaptiveAveragePool(scope["avgpool"], size: 7),
      PlainLayer.flatten(scope["flatten"]),
      Linear(
        classifier[0], from: inputs * 49, to: 4096, weight: .normal(deviation: 0.01), bias: .zeros),
      PlainLayer.relu(classifier[1]), PlainLayer.dropout(classifier[2], rate: 0.5),
      Linear(classifier[3], from: 4096, to: 4096, weight: .normal(deviation: 0.01), bias: .zeros),
      PlainLayer.relu(classifier[4]), PlainLayer.dropout(classifier[5], rate: 0.5))
  }

  package func callAsFunction(_ image: Value) throws -> Value { try hidden(features(image)) }
}

extension VGG {
  package static let specs = [
    spec("vgg11", [1, 1, 2, 2, 2], parameterCount: 132_863_336),
    spec("vgg13", [2, 2, 2, 2, 2], parameterCount: 133_047_848),
    spec("vgg16", [2, 2, 3, 3, 3], parameterCount: 138_357_544),
    spec("vgg19", [2, 2, 4, 4, 4], parameterCount: 143_667_240),
    spec("vgg11_bn", [1, 1, 2, 2, 2], hasNorm: true, parameterCount: 132_868_840),
    spec("vgg13_bn", [2, 2, 2, 2, 2], hasNorm: true, parameterCount: 133_053_736),
    spec("vgg16_bn", [2, 2, 3, 3, 3], hasNorm: true, parameterCount: 138_365_992),
    spec("vgg19_bn", [2, 2, 4, 4, 4], hasNorm: true, parameterCount: 143_678_248),
  ]

  /// - Parameter counts: convolutions of each block.
  private static func spec(
    _ name: String, _ counts: [Int], hasNorm: Bool = false, parameterCount: Int
  ) -> EncoderSpec {
    let blocks = zip(counts, [64, 128, 256, 512, 512]).map { [Int](repeating: $1, count: $0) }
    var stages: [EncoderSpec.Stage] = []
    var first = 0
    for (index, count) in counts.enumerated() {
      let next = first + count * (hasNorm ? 3 : 2) + 1
      stages.append(.init("block\(index + 1)", (first..<next).map { "features.\($0)" }))
      first = next
    }
    return EncoderSpec(
      name: name, family: "VGG",
      summary: "3×3 convolutions\(hasNorm ? " with batch norm" : ""), Simonyan 2014",
      parameterCount: parameterCount,
      stages: stages + [
        .init("hidden", ["avgpool", "flatten"] + (0...5).map { "classifier.\($0)" })
      ],
      featureWidth: 4096, input: .imageNet, classifierPrefix: ["classifier.6"],
      linearHeadPath: "classifier.6", ownClassCount: 1000,
      makeEncoder: { VGG($0, channels: $1, blocks: blocks, hasNorm: hasNorm) },
      makeOwnHead: { scope, classCount in
        PooledHead(
          scope,
          linear: Linear(
            scope["classifier"][6], from: 4096, to: classCount, weight: .normal(deviation: 0.01),
            bias: .zeros))
      })
  }
}
