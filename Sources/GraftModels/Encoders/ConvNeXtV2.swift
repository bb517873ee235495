import GraftEngine

/// ConvNeXt with global response norm for layer scale (Woo et al., 2023), under timm's names.
///
/// The norm after the pooling belongs to the encoder, whose features are a vector.
package struct ConvNeXtV2: Encoder {
  private let stem: Chain
  private let blocks: [any Layer]
  private let last: Chain

  /// - Parameter isConvolution: whether files have the layers of a block as 1×1 convolutions.
  package init(
    _ scope: Scope, channels: Int, width: Int, depths: [Int], isConvolution: Bool
  ) {
    stem = Chain(
      Convolution(
        scope["stem"][0], from: channels, to: width, kernel: 4, stride: 4, hasBias: true,
        start: .normal(deviation: 0.02)),
      LayerNorm(scope["stem"][1], channels: width, epsilon: 1e-6))
    blocks = depths.enumerated().flatMap { place, depth in
      let stage = scope["stages"][place]
      let width = width << place
      let reduction: [any Layer] =
        place == 0
        ? []
        : [
          LayerNorm(stage["downsample"][0], channels: width / 2, epsilon: 1e-6),
          Convolution(
            stage["downsample"][1], from: width / 2, to: width, kernel: 2, stride: 2,
            hasBias: true, start: .normal(deviation: 0.02)),
        ]
      return reduction
        + (0..<depth).map {
          Block(stage["blocks"][$0], width: width, isConvolution: isConvolution)
        }
    }
    last = Chain(
      PlainLayer.globalAveragePool(scope["head"]["global_pool"]),
      LayerNorm(scope["head"]["norm"], channels: width << (depths.count - 1), epsilon: 1e-6))
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    try last(blocks.reduce(stem(image)) { try $1($0) })
  }

  private struct Block: Layer {
    let layers: Chain
    let sum: PlainLayer

    init(_ scope: Scope, width: Int, isConvolution: Bool) {
      let hidden = scope["mlp"]
      layers = Chain(
        Convolution(
          scope["conv_dw"], from: width, to: width, kernel: 7, padding: 3, groups: width,
          hasBias: true, start: .normal(deviation: 0.02)),
        LayerNorm(scope["norm"], channels: width, epsilon: 1e-6),
        Linear(
          hidden["fc1"], from: width, to: 4 * width, weight: .normal(deviation: 0.02),
          bias: .zeros, isConvolution: isConvolution),
        PlainLayer.activation(hidden["act"], .gelu),
        GlobalResponseNorm(hidden["grn"], channels: 4 * width),
        Linear(
          hidden["fc2"], from: 4 * width, to: width, weight: .normal(deviation: 0.02),
          bias: .zeros, isConvolution: isConvolution))
      sum = .sum(scope["sum"])
    }

    func callAsFunction(_ x: Value) throws -> Value { try sum(layers(x), x) }
  }
}

extension ConvNeXtV2 {
  package static let specs = [
    spec("atto", width: 40, depths: [2, 2, 6, 2], 3_708_400),
    spec("femto", width: 48, depths: [2, 2, 6, 2], 5_233_240),
    spec("pico", width: 64, depths: [2, 2, 6, 2], 9_066_280),
    spec("nano", width: 80, depths: [2, 2, 8, 2], 15_623_800),
    spec("tiny", width: 96, depths: [3, 3, 9, 3], isConvolution: false, 28_635_496),
  ]

  private static func spec(
    _ size: String, width: Int, depths: [Int], isConvolution: Bool = true, _ parameterCount: Int
  ) -> EncoderSpec {
    let featureWidth = width << (depths.count - 1)
    return EncoderSpec(
      name: "convnextv2_\(size)", family: "ConvNeXt",
      summary: "7×7 depthwise convolutions, global response norm, Woo 2023",
      parameterCount: parameterCount,
      stages: [.init("stem", "stem")]
        + depths.indices.map { .init("stage\($0 + 1)", "stages.\($0)") }
        + [.init("norm", "head.global_pool", "head.norm")],
      featureWidth: featureWidth, input: .imageNet.filtered(by: .bicubic),
      classifierPrefix: ["head.fc"], linearHeadPath: "head.fc", ownClassCount: 1000,
      makeEncoder: {
        ConvNeXtV2(
          $0, channels: $1, width: width, depths: depths, isConvolution: isConvolution)
      },
      makeOwnHead: { scope, classCount in
        PooledHead(
          scope,
          linear: Linear(
            scope["head"]["fc"], from: featureWidth, to: classCount,
            weight: .normal(deviation: 0.02), bias: .zeros))
      })
  }
}
