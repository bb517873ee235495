import GraftBase
import GraftEngine

/// Units that let half of the channels pass and shuffle the halves (Ma et al., 2018), at several widths.
package struct ShuffleNetV2: Encoder {
  private let stem: Unit
  private let pool: PlainLayer
  private let blocks: [Block]
  private let last: Unit

  /// - Parameter widths: of the three stages and of the last convolution.
  package init(_ scope: Scope, channels: Int, widths: [Int]) {
    stem = Unit(scope["conv1"], 0, from: channels, to: 24, kernel: 3, stride: 2)
    pool = .maxPool(scope["maxpool"], padding: 1)
    var inputs = 24
    blocks = zip([4, 8, 4], widths).enumerated().flatMap { stage, row in
      (0..<row.0).map { index in
        defer { inputs = row.1 }
        return Block(
          scope["stage\(stage + 2)"][index], from: inputs, to: row.1, reduces: index == 0)
      }
    }
    last = Unit(scope["conv5"], 0, from: widths[2], to: widths[3], kernel: 1)
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    try last(blocks.reduce(pool(stem(image))) { try $1($0) })
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
        padding: kernel / 2, groups: groups, start: .torchDefault)
      norm = BatchNorm(scope[place + 1], channels: outputs)
      activation = isActive ? .relu(scope[place + 2]) : nil
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let result = try norm(convolution(x))
      return try activation?(result) ?? result
    }
  }

  private struct Block {
    /// Where the image shrinks, both branches work on all channels.
    let shortcut: [Unit]
    let branch: [Unit]
    /// Else each has a half.
    let halves: [PlainLayer]
    let concatenation: PlainLayer
    let shuffle: PlainLayer

    init(_ scope: Scope, from inputs: Int, to outputs: Int, reduces: Bool) {
      let (width, stride) = (outputs / 2, reduces ? 2 : 1)
      let first = scope["branch1"]
      shortcut =
        reduces
        ? [
          Unit(
            first, 0, from: inputs, to: inputs, kernel: 3, stride: 2, groups: inputs,
            isActive: false),
          Unit(first, 2, from: inputs, to: width, kernel: 1),
        ] : []
      let second = scope["branch2"]
      branch = [
        Unit(second, 0, from: reduces ? inputs : width, to: width, kernel: 1),
        Unit(
          second, 3, from: width, to: width, kernel: 3, stride: stride, groups: width,
          isActive: false),
        Unit(second, 5, from: width, to: width, kernel: 1),
      ]
      halves =
        reduces
        ? []
        : [
          .channels(scope["half1"], 0..<width), .channels(scope["half2"], width..<outputs),
        ]
      concatenation = .concatenation(scope["concatenation"])
      shuffle = .channelShuffle(scope["shuffle"], groups: 2)
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let parts = try halves.isEmpty ? [x, x] : halves.map { try $0(x) }
      return try shuffle(
        concatenation(
          shortcut.reduce(parts[0]) { try $1($0) }, branch.reduce(parts[1]) { try $1($0) }))
    }
  }
}

extension ShuffleNetV2 {
  package static let specs = [
    spec("x1_0", [116, 232, 464, 1024], from: 256, 2_278_604),
    spec("x0_5", [48, 96, 192, 1024], from: 256, 1_366_792),
    spec("x1_5", [176, 352, 704, 1024], from: 232, 3_503_624),
    spec("x2_0", [244, 488, 976, 2048], from: 232, 7_393_996),
  ]

  private static func spec(
    _ size: String, _ widths: [Int], from resizeShortSide: Int, _ parameterCount: Int
  ) -> EncoderSpec {
    EncoderSpec(
      name: "shufflenet_v2_\(size)", family: "ShuffleNet",
      summary: "half of the channels pass, then all are shuffled, Ma 2018",
      parameterCount: parameterCount,
      stages: [
        .init("stem", "conv1", "maxpool"), .init("stage2", "stage2"), .init("stage3", "stage3"),
        .init("stage4", "stage4", "conv5"),
      ],
      featureWidth: widths[3], input: .imageNet.sized(224, from: resizeShortSide),
      classifierPrefix: ["fc"], linearHeadPath: "fc",
      ownClassCount: 1000,
      makeEncoder: { ShuffleNetV2($0, channels: $1, widths: widths) },
      makeOwnHead: { scope, classCount in
        PooledHead(scope, linear: Linear(scope["fc"], from: widths[3], to: classCount))
      })
  }
}
