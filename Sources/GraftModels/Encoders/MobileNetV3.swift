import GraftEngine

/// Inverted residuals with squeeze-and-excitation and hard swish, found by search (Howard et al., 2019).
///
/// The hidden layer of the classifier belongs to the encoder, whose features are a vector.
package struct MobileNetV3: Encoder {
  /// One row of the paper's tables.
  package struct Row: Sendable {
    let kernel, width, outputs: Int
    let squeezes: Bool
    let activation: Activation
    let stride: Int

    init(_ kernel: Int, _ width: Int, _ outputs: Int, _ se: Bool, _ a: Activation, _ stride: Int) {
      (self.kernel, self.width, self.outputs) = (kernel, width, outputs)
      (squeezes, activation, self.stride) = (se, a, stride)
    }
  }

  private let stem: ConvolutionUnit
  private let blocks: [Block]
  private let last: ConvolutionUnit
  private let pool: PlainLayer
  private let hidden: Linear
  private let activation: PlainLayer

  package init(_ scope: Scope, channels: Int, rows: [Row], hidden width: Int) {
    let features = scope["features"]
    stem = Self.unit(
      features[0], from: channels, to: 16, kernel: 3, stride: 2, activation: .hardSwish)
    var inputs = 16
    var blocks: [Block] = []
    for row in rows {
      blocks.append(Block(features[blocks.count + 1]["block"], from: inputs, row))
      inputs = row.outputs
    }
    self.blocks = blocks
    last = Self.unit(
      features[blocks.count + 1], from: inputs, to: 6 * inputs, kernel: 1, activation: .hardSwish)
    pool = .globalAveragePool(scope["avgpool"])
    hidden = Linear(
      scope["classifier"][0], from: 6 * inputs, to: width, weight: .normal(deviation: 0.01),
      bias: .zeros)
    activation = .activation(scope["classifier"][1], .hardSwish)
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    let map = try last(blocks.reduce(stem(image)) { try $1($0) })
    return try activation(hidden(pool(map)))
  }

  private static func unit(
    _ scope: Scope, from inputs: Int, to outputs: Int, kernel: Int, stride: Int = 1,
    groups: Int = 1, activation: Activation?
  ) -> ConvolutionUnit {
    ConvolutionUnit(
      scope, from: inputs, to: outputs, kernel: kernel, stride: stride, groups: groups,
      epsilon: 0.001, momentum: 0.01, activation: activation)
  }

  private struct Block {
    let expansion: ConvolutionUnit?
    let depthwise: ConvolutionUnit
    let squeeze: SqueezeExcite?
    let projection: ConvolutionUnit
    let sum: PlainLayer?

    init(_ scope: Scope, from inputs: Int, _ row: Row) {
      var next = 0
      func place() -> Scope {
        defer { next += 1 }
        return scope[next]
      }
      expansion =
        row.width == inputs
        ? nil : unit(place(), from: inputs, to: row.width, kernel: 1, activation: row.activation)
      depthwise = unit(
        place(), from: row.width, to: row.width, kernel: row.kernel, stride: row.stride,
        groups: row.width, activation: row.activation)
      squeeze =
        row.squeezes
        ? SqueezeExcite(
          place(), channels: row.width, squeezed: WidthScaling.divisible(Double(row.width / 4)),
          activation: .relu, gate: .hardSigmoid) : nil
      projection = unit(place(), from: row.width, to: row.outputs, kernel: 1, activation: nil)
      sum = row.stride == 1 && inputs == row.outputs ? .sum(scope["sum"]) : nil
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let wide = try depthwise(expansion?(x) ?? x)
      let result = try projection(squeeze?(wide) ?? wide)
      return try sum?(x, result) ?? result
    }
  }
}

extension MobileNetV3 {
  package static let specs = [
    spec(
      "small", parameterCount: 2_542_856, hidden: 1024, stageEnds: [0, 1, 3, 8, 12],
      rows: [
        Row(3, 16, 16, true, .relu, 2), Row(3, 72, 24, false, .relu, 2),
        Row(3, 88, 24, false, .relu, 1), Row(5, 96, 40, true, .hardSwish, 2),
        Row(5, 240, 40, true, .hardSwish, 1), Row(5, 240, 40, true, .hardSwish, 1),
        Row(5, 120, 48, true, .hardSwish, 1), Row(5, 144, 48, true, .hardSwish, 1),
        Row(5, 288, 96, true, .hardSwish, 2), Row(5, 576, 96, true, .hardSwish, 1),
        Row(5, 576, 96, true, .hardSwish, 1),
      ]),
    spec(
      "large", parameterCount: 5_483_032, hidden: 1280, stageEnds: [1, 3, 6, 12, 16],
      rows: [
        Row(3, 16, 16, false, .relu, 1), Row(3, 64, 24, false, .relu, 2),
        Row(3, 72, 24, false, .relu, 1), Row(5, 72, 40, true, .relu, 2),
        Row(5, 120, 40, true, .relu, 1), Row(5, 120, 40, true, .relu, 1),
        Row(3, 240, 80, false, .hardSwish, 2), Row(3, 200, 80, false, .hardSwish, 1),
        Row(3, 184, 80, false, .hardSwish, 1), Row(3, 184, 80, false, .hardSwish, 1),
        Row(3, 480, 112, true, .hardSwish, 1), Row(3, 672, 112, true, .hardSwish, 1),
        Row(5, 672, 160, true, .hardSwish, 2), Row(5, 960, 160, true, .hardSwish, 1),
        Row(5, 960, 160, true, .hardSwish, 1),
      ]),
  ]

  /// - Parameter stageEnds: the last block of each stage of `features`.
  private static func spec(
    _ size: String, parameterCount: Int, hidden: Int, stageEnds: [Int], rows: [Row]
  ) -> EncoderSpec {
    let names = ["stem", "stage1", "stage2", "stage3", "stage4"]
    let stages = zip(names.indices, names).map { index, name in
      EncoderSpec.Stage(
        name,
        ((index == 0 ? 0 : stageEnds[index - 1] + 1)...stageEnds[index]).map {
          "features.\($0)"
        })
    }
    return EncoderSpec(
      name: "mobilenet_v3_\(size)", family: "MobileNet",
      summary: "inverted residuals, squeeze-and-excitation, hard swish, Howard 2019",
      parameterCount: parameterCount,
      stages: stages + [.init("hidden", "avgpool", "classifier.0", "classifier.1")],
      featureWidth: hidden, input: .imageNet, classifierPrefix: ["classifier.3"],
      linearHeadPath: "classifier.3", ownClassCount: 1000,
      makeEncoder: { MobileNetV3($0, channels: $1, rows: rows, hidden: hidden) },
      makeOwnHead: { scope, classCount in
        let linear = Linear(
          scope["classifier"][3], from: hidden, to: classCount, weight: .normal(deviation: 0.01),
          bias: .zeros)
        return PooledHead(
          scope, dropout: .dropout(scope["classifier"][2], rate: 0.2), linear: linear)
      })
  }
}
