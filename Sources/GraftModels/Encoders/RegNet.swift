import Foundation
import GraftEngine

/// Bottlenecks in groups, whose widths follow a line that is rounded to a few steps (Radosavovic et al., 2020).
///
/// Y has squeeze-and-excitation. Names are torchvision's.
package struct RegNet: Encoder {
  /// The line that widths follow, and the width of a group.
  package struct Line: Sendable {
    let depth, start: Int
    let slope, step: Double
    let groupWidth: Int

    init(_ depth: Int, _ start: Int, _ slope: Double, _ step: Double, group groupWidth: Int) {
      (self.depth, self.start, self.groupWidth) = (depth, start, groupWidth)
      (self.slope, self.step) = (slope, step)
    }

    /// Width, blocks and group width of each stage.
    var stages: [(width: Int, count: Int, groupWidth: Int)] {
      let widths = (0..<depth).map { block in
        let width = Double(start) + slope * Double(block)
        let power = (log(width / Double(start)) / log(step)).rounded(.toNearestOrEven)
        return Int(8 * (Double(start) * pow(step, power) / 8).rounded(.toNearestOrEven))
      }
      var stages: [(width: Int, count: Int, groupWidth: Int)] = []
      for (block, width) in widths.enumerated() {
        if block > 0, widths[block - 1] == width {
          stages[stages.count - 1].count += 1
        } else {
          stages.append((width, 1, min(groupWidth, width)))
        }
      }
      return stages.map { stage in
        (
          WidthScaling.divisible(Double(stage.width), by: stage.groupWidth), stage.count,
          stage.groupWidth
        )
      }
    }
  }

  private let stem: ConvolutionUnit
  private let blocks: [Block]

  package init(_ scope: Scope, channels: Int, _ line: Line, squeezes: Bool) {
    stem = ConvolutionUnit(
      scope["stem"], from: channels, to: 32, kernel: 3, stride: 2, activation: .relu)
    var inputs = 32
    blocks = line.stages.enumerated().flatMap { place, stage in
      (0..<stage.count).map { index in
        defer { inputs = stage.width }
        return Block(
          scope["trunk_output"]["block\(place + 1)"]["block\(place + 1)-\(index)"], from: inputs,
          to: stage.width, stride: index == 0 ? 2 : 1, groups: stage.width / stage.groupWidth,
          squeezes: squeezes)
      }
    }
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    try blocks.reduce(stem(image)) { try $1($0) }
  }

  private struct Block {
    let projection: ConvolutionUnit?
    let layers: Chain
    let sum, activation: PlainLayer

    init(
      _ scope: Scope, from inputs: Int, to outputs: Int, stride: Int, groups: Int, squeezes: Bool
    ) {
      projection =
        inputs == outputs && stride == 1
        ? nil
        : ConvolutionUnit(
          scope["proj"], from: inputs, to: outputs, kernel: 1, stride: stride, activation: nil)
      let branch = scope["f"]
      var layers: [any Layer] = [
        ConvolutionUnit(branch["a"], from: inputs, to: outputs, kernel: 1, activation: .relu),
        ConvolutionUnit(
          branch["b"], from: outputs, to: outputs, kernel: 3, stride: stride, groups: groups,
          activation: .relu),
      ]
      if squeezes {
        let squeezed = Int((Double(inputs) / 4).rounded(.toNearestOrEven))
        layers.append(
          SqueezeExcite(
            branch["se"], channels: outputs, squeezed: squeezed, activation: .relu, gate: .sigmoid))
      }
      layers.append(
        ConvolutionUnit(branch["c"], from: outputs, to: outputs, kernel: 1, activation: nil))
      self.layers = Chain(layers)
      sum = .sum(scope["sum"])
      activation = .relu(scope["activation"])
    }

    func callAsFunction(_ x: Value) throws -> Value {
      try activation(sum(projection?(x) ?? x, layers(x)))
    }
  }
}

extension RegNet {
  package static let specs = [
    spec("x_400mf", Line(22, 24, 24.48, 2.54, group: 16), 5_495_976),
    spec("x_800mf", Line(16, 56, 35.73, 2.28, group: 16), 7_259_656),
    spec("x_1_6gf", Line(18, 80, 34.01, 2.25, group: 24), 9_190_136),
    spec("x_3_2gf", Line(25, 88, 26.31, 2.25, group: 48), 15_296_552),
    spec("x_8gf", Line(23, 80, 49.56, 2.88, group: 120), 39_572_648),
    spec("x_16gf", Line(22, 216, 55.59, 2.1, group: 128), 54_278_536),
    spec("x_32gf", Line(23, 320, 69.86, 2, group: 168), 107_811_560),
    spec("y_400mf", Line(16, 48, 27.89, 2.09, group: 8), 4_344_144),
    spec("y_800mf", Line(14, 56, 38.84, 2.4, group: 16), 6_432_512),
    spec("y_1_6gf", Line(27, 48, 20.71, 2.65, group: 24), 11_202_430),
    spec("y_3_2gf", Line(21, 80, 42.63, 2.66, group: 24), 19_436_338),
    spec("y_8gf", Line(17, 192, 76.82, 2.19, group: 56), 39_381_472),
    spec("y_16gf", Line(18, 200, 106.23, 2.48, group: 112), 83_590_140),
    spec("y_32gf", Line(20, 232, 115.89, 2.53, group: 232), 145_046_770),
    spec("y_128gf", Line(27, 456, 160.83, 2.52, group: 264), side: 384, 644_812_894),
  ]

  private static func spec(
    _ size: String, _ line: Line, side: Int? = nil, _ parameterCount: Int
  ) -> EncoderSpec {
    let squeezes = size.hasPrefix("y")
    let stages = line.stages
    let featureWidth = stages.last?.width ?? 32
    return EncoderSpec(
      name: "regnet_\(size)", family: "RegNet",
      summary: "bottlenecks in groups, widths on a line"
        + (squeezes ? ", squeeze-and-excitation" : "") + ", Radosavovic 2020",
      parameterCount: parameterCount,
      stages: [.init("stem", "stem")]
        + stages.indices.map { .init("block\($0 + 1)", "trunk_output.block\($0 + 1)") },
      featureWidth: featureWidth,
      input: side.map { .imageNet.sized($0, from: $0).filtered(by: .bicubic) } ?? .imageNet,
      classifierPrefix: ["fc"], linearHeadPath: "fc", ownClassCount: 1000,
      makeEncoder: { RegNet($0, channels: $1, line, squeezes: squeezes) },
      makeOwnHead: { scope, classCount in
        PooledHead(
          scope,
          linear: Linear(
            scope["fc"], from: featureWidth, to: classCount, weight: .normal(deviation: 0.01),
            bias: .zeros))
      })
  }
}
