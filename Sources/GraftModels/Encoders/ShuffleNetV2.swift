import GraftEngine

/// Units that let half of the channels pass and shuffle the halves (Ma et al., 2018), at width 1.
package struct ShuffleNetV2: Encoder {
  private let stem: Unit
  private let pool: PlainLayer
  private let blocks: [Block]
  private let last: Unit

  package init(_ scope: Scope, channels: Int) {
    stem = Unit(scope["conv1"], 0, from: channels, to: 24, kernel: 3, stride: 2)
    pool = .maxPool(scope["maxpool"], padding: 1)
    var inputs = 24
    blocks = [(4, 116), (8, 232), (4, 464)].enumerated().flatMap { stage, row in
      (0..<row.0).map { index in
        defer { inputs = row.1 }
        return Block(
          scope["stage\(stage + 2)"][index], from: inputs, to: row.1, reduces: index == 0)
      }
    }
    last = Unit(scope["conv5"], 0, from: 464, to: 1024, kernel: 1)
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
    EncoderSpec(
      name: "shufflenet_v2_x1_0", family: "ShuffleNet",
      summary: "half of the channels pass, then all are shuffled, Ma 2018",
      parameterCount: 2_278_604,
      stages: [
        .init("stem", "conv1", "maxpool"), .init("stage2", "stage2"), .init("stage3", "stage3"),
        .init("stage4", "stage4", "conv5"),
      ],
      featureWidth: 1024, input: .imageNet, classifierPrefix: ["fc"], linearHeadPath: "fc",
      ownClassCount: 1000,
      makeEncoder: { ShuffleNetV2($0, channels: $1) },
      makeOwnHead: { scope, classCount in
        PooledHead(scope, linear: Linear(scope["fc"], from: 1024, to: classCount))
      })
  ]
}
