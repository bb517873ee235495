import GraftBase
import GraftEngine

/// A transformer over shifted windows, whose maps halve like those of a convolutional network (Liu et
/// al., 2021), and its second version with cosine attention and norms after the branches (Liu et al., 2022).
package struct Swin: Encoder {
  /// What distinguishes the variants.
  struct Form: Sendable {
    let isSecond: Bool
    let width: Int
    let depths: [Int]
    let heads: [Int]
    let dropRate: Float
    let window: Int
  }

  private let stem, norm: Chain
  private let stages: [Chain]

  init(_ scope: Scope, channels: Int, _ form: Form) {
    let features = scope["features"]
    stem = Chain(
      Convolution(
        features[0][0], from: channels, to: form.width, kernel: 4, stride: 4, hasBias: true,
        start: .normal(deviation: 0.02)),
      LayerNorm(features[0][2], channels: form.width))
    let total = form.depths.reduce(0, +)
    var done = 0
    stages = form.depths.indices.map { stage in
      let width = form.width << stage
      var layers: [any Layer] = []
      if stage > 0 {
        layers.append(Self.merging(features[2 * stage], to: width, isSecond: form.isSecond))
      }
      for index in 0..<form.depths[stage] {
        layers.append(
          Block(
            features[2 * stage + 1][index], form, width: width, heads: form.heads[stage],
            isShifted: index % 2 == 1, dropRate: form.dropRate * Float(done) / Float(total - 1)))
        done += 1
      }
      return Chain(layers)
    }
    norm = Chain(LayerNorm(scope["norm"], channels: form.width << (form.depths.count - 1)))
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    try norm(stages.reduce(stem(image)) { try $1($0) })
  }

  /// Half as many rows and columns, twice the channels.
  private static func merging(_ scope: Scope, to width: Int, isSecond: Bool) -> Chain {
    let pixels = PlainLayer(scope["patches"], PatchMergingOp())
    let reduction = Linear(
      scope["reduction"], from: 2 * width, to: width, weight: .normal(deviation: 0.02),
      hasBias: false)
    let norm = LayerNorm(scope["norm"], channels: isSecond ? width : 2 * width)
    return isSecond ? Chain(pixels, reduction, norm) : Chain(pixels, norm, reduction)
  }

  private struct Block: Layer {
    let norm1, norm2: LayerNorm
    let attention, mlp: Chain
    let dropPath1, dropPath2, sum1, sum2: PlainLayer
    let normIsLast: Bool

    init(
      _ scope: Scope, _ form: Form, width: Int, heads: Int, isShifted: Bool, dropRate: Float
    ) {
      normIsLast = form.isSecond
      norm1 = LayerNorm(scope["norm1"], channels: width)
      attention = Self.attention(
        scope["attn"], form, width: width, heads: heads, isShifted: isShifted)
      norm2 = LayerNorm(scope["norm2"], channels: width)
      mlp = Chain(
        Self.linear(scope["mlp"][0], width, 4 * width),
        PlainLayer.activation(scope["mlp"][1], .gelu),
        Self.linear(scope["mlp"][3], 4 * width, width))
      dropPath1 = .dropPath(scope["stochastic_depth1"], rate: dropRate)
      dropPath2 = .dropPath(scope["stochastic_depth2"], rate: dropRate)
      sum1 = .sum(scope["sum1"])
      sum2 = .sum(scope["sum2"])
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let first = try normIsLast ? norm1(attention(x)) : attention(norm1(x))
      let y = try sum1(dropPath1(first), x)
      let second = try normIsLast ? norm2(mlp(y)) : mlp(norm2(y))
      return try sum2(dropPath2(second), y)
    }

    private static func linear(
      _ scope: Scope, _ inputs: Int, _ outputs: Int
    ) -> Linear {
      Linear(scope, from: inputs, to: outputs, weight: .normal(deviation: 0.02), bias: .zeros)
    }

    /// Queries, keys and values, whose bias belongs to the attention within windows, and the projection.
    private static func attention(
      _ scope: Scope, _ form: Form, width: Int, heads: Int, isShifted: Bool
    ) -> Chain {
      let window = Pair(form.window)
      let pairs = (2 * form.window - 1) * (2 * form.window - 1)
      // Biases of positions take no weight decay.
      let first =
        form.isSecond
        ? scope.parameter(
          "logit_scale", .bias, shape: [heads, 1, 1], .constant(2.302_585_1))
        : scope.parameter(
          "relative_position_bias_table", .bias, shape: [pairs, heads],
          .normal(deviation: 0.02))
      if form.isSecond {
        let side = 2 * form.window - 1
        scope.table(
          "relative_coords_table", shape: [1, side, side, 2],
          .floats(WindowPositions.coordinates(window)))
      }
      let index = WindowPositions.differences(window)
      scope.table("relative_position_index", shape: [index.count], .integers(index))
      let queries = Linear(
        scope["qkv"], from: width, to: 3 * width, weight: .normal(deviation: 0.02),
        hasBias: false)
      let bias = scope["qkv"].parameter("bias", .bias, shape: [3 * width], .zeros)
      let projection = linear(scope["proj"], width, width)
      let network = form.isSecond ? Self.network(scope["cpb_mlp"], heads: heads) : []
      let op = WindowAttentionOp(
        heads: heads, window: window, shift: isShifted ? Pair(form.window / 2) : 0,
        isCosine: form.isSecond)
      return Chain(
        queries, PlainLayer(scope["windows"], op, [bias, first] + network), projection)
    }

    /// The weights of the network that gives the biases of positions.
    private static func network(_ scope: Scope, heads: Int) -> [Parameter] {
      let hidden = 512
      return [
        scope[0].parameter("weight", .bias, shape: [hidden, 2], .torchDefault(fan: 2)),
        scope[0].parameter("bias", .bias, shape: [hidden], .zeros),
        scope[2].parameter(
          "weight", .bias, shape: [heads, hidden], .normal(deviation: 0.02)),
      ]
    }
  }
}

extension Swin {
  package static let specs: [EncoderSpec] = [
    first("swin_t", tiny(isSecond: false), 28_288_354, from: 232),
    first("swin_s", small(isSecond: false), 49_606_258, from: 246),
    first("swin_b", base(isSecond: false), 87_768_224, from: 238),
    second("swin_v2_t", tiny(isSecond: true), 28_351_570, from: 260),
    second("swin_v2_s", small(isSecond: true), 49_737_442, from: 260),
    second("swin_v2_b", base(isSecond: true), 87_930_848, from: 272),
  ]

  private static func tiny(isSecond: Bool) -> Form {
    Form(
      isSecond: isSecond, width: 96, depths: [2, 2, 6, 2], heads: [3, 6, 12, 24], dropRate: 0.2,
      window: isSecond ? 8 : 7)
  }

  private static func small(isSecond: Bool) -> Form {
    Form(
      isSecond: isSecond, width: 96, depths: [2, 2, 18, 2], heads: [3, 6, 12, 24], dropRate: 0.3,
      window: isSecond ? 8 : 7)
  }

  private static func base(isSecond: Bool) -> Form {
    Form(
      isSecond: isSecond, width: 128, depths: [2, 2, 18, 2], heads: [4, 8, 16, 32],
      dropRate: 0.5, window: isSecond ? 8 : 7)
  }

  private static func first(
    _ name: String, _ form: Form, _ parameters: Int, from side: Int
  ) -> EncoderSpec {
    spec(
      name, form, parameters, .imageNet.sized(224, from: side).filtered(by: .bicubic),
      "attention within shifted windows, Liu 2021")
  }

  private static func second(
    _ name: String, _ form: Form, _ parameters: Int, from side: Int
  ) -> EncoderSpec {
    spec(
      name, form, parameters, .imageNet.sized(256, from: side).filtered(by: .bicubic),
      "the same with cosine attention, Liu 2022")
  }

  static func spec(
    _ name: String, _ form: Form, _ parameters: Int, _ input: ImageInput, _ summary: String
  ) -> EncoderSpec {
    let width = form.width << (form.depths.count - 1)
    return EncoderSpec(
      name: name, family: "Swin", summary: summary, parameterCount: parameters,
      stages: [.init("stem", "features.0")]
        + form.depths.indices.map { stage in
          let places = stage == 0 ? [1] : [2 * stage, 2 * stage + 1]
          return .init("stage\(stage + 1)", places.map { "features.\($0)" })
        } + [.init("norm", "norm")],
      featureWidth: width, input: input, classifierPrefix: ["head"], linearHeadPath: "head",
      ownClassCount: 1000, makeEncoder: { Swin($0, channels: $1, form) },
      makeOwnHead: { scope, classCount in
        PooledHead(
          scope,
          linear: Linear(
            scope["head"], from: width, to: classCount, weight: .normal(deviation: 0.02),
            bias: .zeros))
      })
  }
}
