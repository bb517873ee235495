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

  private let stem: ConvolutionUnit
  private let blocks: [Block]
  private let last: ConvolutionUnit

  package init(_ scope: Scope, channels: Int, rows: [Row], epsilon: Float) {
    let features = scope["features"]
    stem = ConvolutionUnit(
      features[0], from: channels, to: rows[0].inputs, kernel: 3, stride: 2, epsilon: epsilon,
      activation: .silu)
    let total = rows.reduce(0) { $0 + $1.count }
    var blocks: [Block] = []
    for (stage, row) in rows.enumerated() {
      for index in 0..<row.count {
        blocks.append(
          Block(
            features[stage + 1][index], from: index == 0 ? row.inputs : row.outputs,
            stride: index == 0 ? row.stride : 1, row, epsilon: epsilon,
            dropRate: 0.2 * Float(blocks.count) / Float(total)))
      }
    }
    self.blocks = blocks
    last = ConvolutionUnit(
      features[rows.count + 1], from: rows[rows.count - 1].outputs, to: 1280, kernel: 1,
      epsilon: epsilon, activation: .silu)
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
      _ scope: Scope, from inputs: Int, stride: Int, _ row: Row, epsilon: Float, dropRate: Float
    ) {
      let block = scope["block"]
      let width = inputs * row.expansion
      func unit(
        _ place: Int, from inputs: Int, to outputs: Int, kernel: Int = 1, stride: Int = 1,
        groups: Int = 1, _ activation: Activation? = .silu
      ) -> ConvolutionUnit {
        ConvolutionUnit(
          block[place], from: inputs, to: outputs, kernel: kernel, stride: stride, groups: groups,
          epsilon: epsilon, activation: activation)
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
  package static let specs = [
    spec(
      "efficientnet_b0", "squeeze-and-excitation, SiLU, Tan 2019", parameterCount: 5_288_548,
      input: .imageNet.filtered(by: .bicubic), epsilon: 1e-5,
      rows: [
        Row(1, 3, 1, 32, 16, 1), Row(6, 3, 2, 16, 24, 2), Row(6, 5, 2, 24, 40, 2),
        Row(6, 3, 2, 40, 80, 3), Row(6, 5, 1, 80, 112, 3), Row(6, 5, 2, 112, 192, 4),
        Row(6, 3, 1, 192, 320, 1),
      ]),
    spec(
      "efficientnet_v2_s", "fused and depthwise inverted residuals, Tan 2021",
      parameterCount: 21_458_488, input: .imageNet.sized(384, from: 384), epsilon: 1e-3,
      rows: [
        Row(fused: true, 1, 3, 1, 24, 24, 2), Row(fused: true, 4, 3, 2, 24, 48, 4),
        Row(fused: true, 4, 3, 2, 48, 64, 4), Row(4, 3, 2, 64, 128, 6), Row(6, 3, 1, 128, 160, 9),
        Row(6, 3, 2, 160, 256, 15),
      ]),
  ]

  private static func spec(
    _ name: String, _ summary: String, parameterCount: Int, input: ImageInput,
    epsilon: Float, rows: [Row]
  ) -> EncoderSpec {
    EncoderSpec(
      name: name, family: "EfficientNet", summary: summary, parameterCount: parameterCount,
      stages: [.init("stem", "features.0")]
        + (1..<rows.count).map { .init("stage\($0)", "features.\($0)") }
        + [.init("stage\(rows.count)", "features.\(rows.count)", "features.\(rows.count + 1)")],
      featureWidth: 1280, input: input, classifierPrefix: ["classifier"],
      linearHeadPath: "classifier.1", ownClassCount: 1000,
      makeEncoder: { EfficientNet($0, channels: $1, rows: rows, epsilon: epsilon) },
      makeOwnHead: { scope, classCount in
        let linear = Linear(
          scope["classifier"][1], from: 1280, to: classCount,
          weight: .uniform(bound: 1 / Double(classCount).squareRoot()), bias: .zeros)
        return PooledHead(
          scope, dropout: .dropout(scope["classifier"][0], rate: 0.2), linear: linear)
      })
  }
}
