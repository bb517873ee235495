import GraftBase
import GraftEngine

/// Inverted residuals with squeeze-and-excitation and SiLU, scaled in width, depth and size at once (Tan
/// and Le, 2019); the second version's first stages expand by a full convolution (Tan and Le, 2021).
package struct EfficientNet: Encoder {
  /// One row of the papers' tables.
  package struct Row: Sendable {
    /// Whether one convolution expands, without a depthwise one and squeeze-and-excitation.
    let isFused: Bool
    let expansion, kernel, stride, inputs, outputs, count: Int

    init(
      fused: Bool = false, _ expansion: Int, _ kernel: Int, _ stride: Int, _ inputs: Int,
      _ outputs: Int, _ count: Int
    ) {
      isFused = fused
      (self.expansion, self.kernel, self.stride) = (expansion, kernel, stride)
      (self.inputs, self.outputs, self.count) = (inputs, outputs, count)
    }
  }

  /// What stabilizes the norms, and the share of a batch in their running statistics.
  package typealias Norm = (epsilon: Float, momentum: Float)

  private let stem: ConvolutionUnit
  private let blocks: [Block]
  private let last: ConvolutionUnit

  package init(
    _ scope: Scope, channels: Int, rows: [Row], featureWidth: Int,
    norm: Norm
  ) {
    let features = scope["features"]
    stem = ConvolutionUnit(
      features[0], from: channels, to: rows[0].inputs, kernel: 3, stride: 2, epsilon: norm.epsilon,
      momentum: norm.momentum, activation: .silu)
    let total = rows.reduce(0) { $0 + $1.count }
    var blocks: [Block] = []
    for (stage, row) in rows.enumerated() {
      for index in 0..<row.count {
        blocks.append(
          Block(
            features[stage + 1][index], from: index == 0 ? row.inputs : row.outputs,
            stride: index == 0 ? row.stride : 1, row, norm: norm,
            dropRate: 0.2 * Float(blocks.count) / Float(total)))
      }
    }
    self.blocks = blocks
    last = ConvolutionUnit(
      features[rows.count + 1], from: rows[rows.count - 1].outputs, to: featureWidth, kernel: 1,
      epsilon: norm.epsilon, momentum: norm.momentum, activation: .silu)
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    try last(blocks.reduce(stem(image)) { try $1($0) })
  }

  private struct Block {
    let units: [ConvolutionUnit]
    let squeeze: SqueezeExcite?
    let projection: ConvolutionUnit?
    let dropPath: PlainLayer
    let sum: PlainLayer?

    init(
      _ scope: Scope, from inputs: Int, stride: Int, _ row: Row, norm: Norm, dropRate: Float
    ) {
      let block = scope["block"]
      let width = inputs * row.expansion
      func unit(
        _ place: Int, from inputs: Int, to outputs: Int, kernel: Int = 1, stride: Int = 1,
        groups: Int = 1, _ activation: Activation? = .silu
      ) -> ConvolutionUnit {
        ConvolutionUnit(
          block[place], from: inputs, to: outputs, kernel: kernel, stride: stride, groups: groups,
          epsilon: norm.epsilon, momentum: norm.momentum, activation: activation)
      }
      if row.isFused {
        let outputs = row.expansion == 1 ? row.outputs : width
        units = [unit(0, from: inputs, to: outputs, kernel: row.kernel, stride: stride)]
        squeeze = nil
        projection = row.expansion == 1 ? nil : unit(1, from: width, to: row.outputs, nil)
      } else {
        let expansion = row.expansion == 1 ? [] : [unit(0, from: inputs, to: width)]
        let next = expansion.count
        units =
          expansion + [
            unit(
              next, from: width, to: width, kernel: row.kernel, stride: stride, groups: width)
          ]
        squeeze = SqueezeExcite(
          block[next + 1], channels: width, squeezed: max(1, inputs / 4), activation: .silu,
          gate: .sigmoid)
        projection = unit(next + 2, from: width, to: row.outputs, nil)
      }
      dropPath = .dropPath(scope["stochastic_depth"], rate: dropRate)
      sum = stride == 1 && inputs == row.outputs ? .sum(scope["sum"]) : nil
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let wide = try units.reduce(x) { try $1($0) }
      let squeezed = try squeeze?(wide) ?? wide
      let result = try projection?(squeezed) ?? squeezed
      return try sum.map { try $0(dropPath(result), x) } ?? result
    }
  }
}

extension EfficientNet {
  package static let specs =
    [
      scaled("b0", width: 1, depth: 1, side: 224, from: 256, dropout: 0.2, 5_288_548),
      scaled("b1", width: 1, depth: 1.1, side: 240, from: 256, dropout: 0.2, 7_794_184),
      scaled("b2", width: 1.1, depth: 1.2, side: 288, from: 288, dropout: 0.3, 9_109_994),
      scaled("b3", width: 1.2, depth: 1.4, side: 300, from: 320, dropout: 0.3, 12_233_232),
      scaled("b4", width: 1.4, depth: 1.8, side: 380, from: 384, dropout: 0.4, 19_341_616),
      scaled("b5", width: 1.6, depth: 2.2, side: 456, from: 456, dropout: 0.4, 30_389_784),
      scaled("b6", width: 1.8, depth: 2.6, side: 528, from: 528, dropout: 0.5, 43_040_704),
      scaled("b7", width: 2, depth: 3.1, side: 600, from: 600, dropout: 0.5, 66_347_960),
    ] + second

  private static let second = [
    second(
      "s", parameterCount: 21_458_488, .imageNet.sized(384, from: 384), dropout: 0.2,
      rows: [
        Row(fused: true, 1, 3, 1, 24, 24, 2), Row(fused: true, 4, 3, 2, 24, 48, 4),
        Row(fused: true, 4, 3, 2, 48, 64, 4), Row(4, 3, 2, 64, 128, 6), Row(6, 3, 1, 128, 160, 9),
        Row(6, 3, 2, 160, 256, 15),
      ]),
    second(
      "m", parameterCount: 54_139_356, .imageNet.sized(480, from: 480), dropout: 0.3,
      rows: [
        Row(fused: true, 1, 3, 1, 24, 24, 3), Row(fused: true, 4, 3, 2, 24, 48, 5),
        Row(fused: true, 4, 3, 2, 48, 80, 5), Row(4, 3, 2, 80, 160, 7), Row(6, 3, 1, 160, 176, 14),
        Row(6, 3, 2, 176, 304, 18), Row(6, 3, 1, 304, 512, 5),
      ]),
    second(
      "l", parameterCount: 118_515_272, .plusMinusOne(side: 480, from: 480, filter: .bicubic),
      dropout: 0.4,
      rows: [
        Row(fused: true, 1, 3, 1, 32, 32, 4), Row(fused: true, 4, 3, 2, 32, 64, 7),
        Row(fused: true, 4, 3, 2, 64, 96, 7), Row(4, 3, 2, 96, 192, 10),
        Row(6, 3, 1, 192, 224, 19), Row(6, 3, 2, 224, 384, 25), Row(6, 3, 1, 384, 640, 7),
      ]),
  ]

  /// The network of this size, from the first version's table with widths and depths multiplied.
  private static func scaled(
    _ size: String, width: Double, depth: Double, side: Int, from resizeShortSide: Int,
    dropout: Float, _ parameterCount: Int
  ) -> EncoderSpec {
    let rows = [
      Row(1, 3, 1, 32, 16, 1), Row(6, 3, 2, 16, 24, 2), Row(6, 5, 2, 24, 40, 2),
      Row(6, 3, 2, 40, 80, 3), Row(6, 5, 1, 80, 112, 3), Row(6, 5, 2, 112, 192, 4),
      Row(6, 3, 1, 192, 320, 1),
    ].map { $0.scaled(width: width, depth: depth) }
    return spec(
      "efficientnet_\(size)", "squeeze-and-excitation, SiLU, Tan 2019",
      parameterCount: parameterCount,
      input: .imageNet.sized(side, from: resizeShortSide).filtered(by: .bicubic),
      norm: width > 1.5 ? (1e-3, 0.01) : (1e-5, 0.1), dropout: dropout,
      featureWidth: 4 * (rows.last?.outputs ?? 320), rows: rows)
  }

  private static func second(
    _ size: String, parameterCount: Int, _ input: ImageInput, dropout: Float, rows: [Row]
  ) -> EncoderSpec {
    spec(
      "efficientnet_v2_\(size)", "fused and depthwise inverted residuals, Tan 2021",
      parameterCount: parameterCount, input: input, norm: (1e-3, 0.1), dropout: dropout,
      featureWidth: 1280, rows: rows)
  }

  private static func spec(
    _ name: String, _ summary: String, parameterCount: Int, input: ImageInput,
    norm: Norm, dropout: Float, featureWidth: Int, rows: [Row]
  ) -> EncoderSpec {
    EncoderSpec(
      name: name, family: "EfficientNet", summary: summary, parameterCount: parameterCount,
      stages: [.init("stem", "features.0")]
        + (1..<rows.count).map { .init("stage\($0)", "features.\($0)") }
        + [.init("stage\(rows.count)", "features.\(rows.count)", "features.\(rows.count + 1)")],
      featureWidth: featureWidth, input: input, classifierPrefix: ["classifier"],
      linearHeadPath: "classifier.1", ownClassCount: 1000,
      makeEncoder: {
        EfficientNet(
          $0, channels: $1, rows: rows, featureWidth: featureWidth, norm: norm)
      },
      makeOwnHead: { scope, classCount in
        let linear = Linear(
          scope["classifier"][1], from: featureWidth, to: classCount,
          weight: .uniform(bound: 1 / Double(classCount).squareRoot()), bias: .zeros)
        return PooledHead(
          scope, dropout: .dropout(scope["classifier"][0], rate: dropout), linear: linear)
      })
  }
}

extension EfficientNet.Row {
  fileprivate func scaled(width: Double, depth: Double) -> EfficientNet.Row {
    EfficientNet.Row(
      fused: isFused, expansion, kernel, stride, WidthScaling.divisible(Double(inputs) * width),
      WidthScaling.divisible(Double(outputs) * width),
      Int((Double(count) * depth).rounded(.up)))
  }
}
