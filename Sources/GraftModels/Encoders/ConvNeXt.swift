import GraftBase
import GraftEngine

/// A convolutional network with the layout of a transformer: 7×7 depthwise convolutions, layer norm,
/// GELU, layer scale (Liu et al., 2022).
///
/// The norm after the pooling belongs to the encoder, whose features are a vector.
package struct ConvNeXt: Encoder {
  private let stem: Convolution
  private let stemNorm: LayerNorm
  private let stages: [Stage]
  private let pool: PlainLayer
  private let norm: LayerNorm

  package init(
    _ scope: Scope, channels: Int, widths: [Int], depths: [Int],
    dropRate: Float
  ) {
    let features = scope["features"]
    stem = Convolution(
      features[0][0], from: channels, to: widths[0], kernel: 4, stride: 4, hasBias: true,
      start: Self.start)
    stemNorm = LayerNorm(features[0][1], channels: widths[0], epsilon: 1e-6)
    let total = depths.reduce(0, +)
    var done = 0
    stages = widths.indices.map { stage in
      let reduction =
        stage == 0
        ? nil
        : (
          norm: LayerNorm(features[2 * stage][0], channels: widths[stage - 1], epsilon: 1e-6),
          convolution: Convolution(
            features[2 * stage][1], from: widths[stage - 1], to: widths[stage], kernel: 2,
            stride: 2, hasBias: true, start: Self.start)
        )
      let blocks = (0..<depths[stage]).map { index in
        defer { done += 1 }
        return Block(
          features[2 * stage + 1][index], width: widths[stage],
          dropRate: dropRate * Float(done) / Float(total - 1))
      }
      return Stage(reduction: reduction, blocks: blocks)
    }
    pool = .globalAveragePool(scope["avgpool"])
    norm = LayerNorm(scope["classifier"][0], channels: widths[widths.count - 1], epsilon: 1e-6)
  }

  private static let start = Convolution.Start.normal(deviation: 0.02)

  package func callAsFunction(_ image: Value) throws -> Value {
    try norm(pool(stages.reduce(stemNorm(stem(image))) { try $1($0) }))
  }

  private struct Stage {
    let reduction: (norm: LayerNorm, convolution: Convolution)?
    let blocks: [Block]

    func callAsFunction(_ x: Value) throws -> Value {
      let reduced = try reduction.map { try $0.convolution($0.norm(x)) } ?? x
      return try blocks.reduce(reduced) { try $1($0) }
    }
  }

  private struct Block {
    let scale: ChannelScale
    let depthwise: Convolution
    let norm: LayerNorm
    let expansion, projection: Linear
    let activation, dropPath, sum: PlainLayer

    init(_ scope: Scope, width: Int, dropRate: Float) {
      let block = scope["block"]
      scale = ChannelScale(scope, name: "layer_scale", channels: width, start: 1e-6)
      depthwise = Convolution(
        block[0], from: width, to: width, kernel: 7, padding: 3, groups: width, hasBias: true,
        start: ConvNeXt.start)
      norm = LayerNorm(block[2], channels: width, epsilon: 1e-6)
      expansion = Linear(
        block[3], from: width, to: 4 * width, weight: .normal(deviation: 0.02), bias: .zeros)
      activation = .activation(block[4], .gelu)
      projection = Linear(
        block[5], from: 4 * width, to: width, weight: .normal(deviation: 0.02), bias: .zeros)
      dropPath = .dropPath(scope["stochastic_depth"], rate: dropRate)
      sum = .sum(scope["sum"])
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let residual = try projection(activation(expansion(norm(depthwise(x)))))
      return try sum(dropPath(scale(residual)), x)
    }
  }
}

extension ConvNeXt {
  package static let specs = [
    spec("tiny", 96, [3, 3, 9, 3], drop: 0.1, .imageNet.sized(224, from: 236), 28_589_128),
    spec("small", 96, [3, 3, 27, 3], drop: 0.4, .imageNet.sized(224, from: 230), 50_223_688),
    spec("base", 128, [3, 3, 27, 3], drop: 0.5, .imageNet.sized(224, from: 232), 88_591_464),
    spec("large", 192, [3, 3, 27, 3], drop: 0.5, .imageNet.sized(224, from: 232), 197_767_336),
  ]

  private static func spec(
    _ size: String, _ width: Int, _ depths: [Int], drop dropRate: Float, _ input: ImageInput,
    _ parameterCount: Int
  ) -> EncoderSpec {
    let widths = depths.indices.map { width << $0 }
    let featureWidth = 8 * width
    return EncoderSpec(
      name: "convnext_\(size)", family: "ConvNeXt",
      summary: "7×7 depthwise convolutions, layer norm, GELU, Liu 2022",
      parameterCount: parameterCount,
      stages: [.init("stem", "features.0"), .init("stage1", "features.1")]
        + (2...4).map { .init("stage\($0)", "features.\(2 * $0 - 2)", "features.\(2 * $0 - 1)") }
        + [.init("norm", "avgpool", "classifier.0")],
      featureWidth: featureWidth, input: input, classifierPrefix: ["classifier.2"],
      linearHeadPath: "classifier.2", ownClassCount: 1000,
      makeEncoder: {
        ConvNeXt($0, channels: $1, widths: widths, depths: depths, dropRate: dropRate)
      },
      makeOwnHead: { scope, classCount in
        let linear = Linear(
          scope["classifier"][2], from: featureWidth, to: classCount,
          weight: .normal(deviation: 0.02), bias: .zeros)
        return PooledHead(scope, linear: linear)
      })
  }
}
