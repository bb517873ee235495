import GraftBase
import GraftEngine

/// Inverted residuals of different kernels, found by a search that measures time on a phone (Tan et
/// al., 2018), at several widths.
package struct MNASNet: Encoder {
  private let stem: [Unit]
  private let blocks: [Block]
  private let last: Unit

  package init(_ scope: Scope, channels: Int, width: Double) {
    func scaled(_ channels: Int) -> Int { WidthScaling.divisible(Double(channels) * width) }
    let layers = scope["layers"]
    let first = scaled(32)
    var inputs = scaled(16)
    stem = [
      Unit(layers, 0, from: channels, to: first, kernel: 3, stride: 2),
      Unit(layers, 3, from: first, to: first, kernel: 3, groups: first),
      Unit(layers, 6, from: first, to: inputs, kernel: 1, isActive: false),
    ]
    blocks = Self.rows.enumerated().flatMap { place, row in
      (0..<row.count).map { index in
        let outputs = scaled(row.outputs)
        defer { inputs = outputs }
        return Block(
          layers[8 + place][index]["layers"], from: inputs, to: outputs, kernel: row.kernel,
          stride: index == 0 ? row.stride : 1, expansion: row.expansion)
      }
    }
    last = Unit(layers, 14, from: inputs, to: 1280, kernel: 1)
  }

  /// Figure 7 of the paper.
  private static let rows: [(outputs: Int, kernel: Int, stride: Int, expansion: Int, count: Int)] =
    [
      (24, 3, 2, 3, 3), (40, 5, 2, 3, 3), (80, 5, 2, 6, 3), (96, 3, 1, 6, 2), (192, 5, 2, 6, 4),
      (320, 3, 1, 6, 1),
    ]

  package func callAsFunction(_ image: Value) throws -> Value {
    let x = try stem.reduce(image) { try $1($0) }
    return try last(blocks.reduce(x) { try $1($0) })
  }

  /// Convolution, norm and, if any, ReLU, numbered from a place in their list on.
  private struct Unit {
    let convolution: Convolution
    let norm: BatchNorm
    let activation: PlainLayer?

    init(
      _ scope: Scope, _ place: Int, from inputs: Int, to outputs: Int, kernel: Int,
      stride: Int = 1, groups: Int = 1, isActive: Bool = true
    ) {
      convolution = Convolution(
        scope[place], from: inputs, to: outputs, kernel: kernel, stride: stride,
        padding: kernel / 2, groups: groups)
      norm = BatchNorm(scope[place + 1], channels: outputs, momentum: 0.0003)
      activation = isActive ? .relu(scope[place + 2]) : nil
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let result = try norm(convolution(x))
      return try activation?(result) ?? result
    }
  }

  private struct Block {
    let units: [Unit]
    let sum: PlainLayer?

    init(
      _ scope: Scope, from inputs: Int, to outputs: Int, kernel: Int, stride: Int, expansion: Int
    ) {
      let width = inputs * expansion
      units = [
        Unit(scope, 0, from: inputs, to: width, kernel: 1),
        Unit(scope, 3, from: width, to: width, kernel: kernel, stride: stride, groups: width),
        Unit(scope, 6, from: width, to: outputs, kernel: 1, isActive: false),
      ]
      sum = stride == 1 && inputs == outputs ? .sum(scope["sum"]) : nil
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let result = try units.reduce(x) { try $1($0) }
      return try sum?(result, x) ?? result
    }
  }
}

extension MNASNet {
  package static let specs = [
    spec("1_0", width: 1, from: 256, 4_383_312), spec("0_5", width: 0.5, from: 256, 2_218_512),
    spec("0_75", width: 0.75, from: 232, 3_170_208), spec("1_3", width: 1.3, from: 232, 6_282_256),
  ]

  private static func spec(
    _ size: String, width: Double, from resizeShortSide: Int, _ parameterCount: Int
  ) -> EncoderSpec {
    EncoderSpec(
      name: "mnasnet\(size)", family: "MNASNet",
      summary: "inverted residuals found by search, Tan 2018", parameterCount: parameterCount,
      stages: [
        stage("stem", 0...7), stage("stage1", 8...8), stage("stage2", 9...9),
        stage("stage3", 10...11), stage("stage4", 12...16),
      ],
      featureWidth: 1280, input: .imageNet.sized(224, from: resizeShortSide),
      classifierPrefix: ["classifier"],
      linearHeadPath: "classifier.1", ownClassCount: 1000,
      makeEncoder: { MNASNet($0, channels: $1, width: width) },
      makeOwnHead: { scope, classCount in
        let linear = Linear(
          scope["classifier"][1], from: 1280, to: classCount,
          weight: .uniform(bound: (3 / Double(classCount)).squareRoot()), bias: .zeros)
        return PooledHead(
          scope, dropout: .dropout(scope["classifier"][0], rate: 0.2), linear: linear)
      })
  }

  private static func stage(_ name: String, _ range: ClosedRange<Int>) -> EncoderSpec.Stage {
    EncoderSpec.Stage(name, range.map { "layers.\($0)" })
  }
}
