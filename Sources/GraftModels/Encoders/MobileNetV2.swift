import GraftEngine

/// Inverted residuals with linear bottlenecks and depthwise convolutions (Sandler et al., 2018).
package struct MobileNetV2: Encoder {
  private let stem: Unit
  private let blocks: [Block]
  private let last: Unit

  package init(_ scope: Scope, channels: Int) {
    let features = scope["features"]
    stem = Unit(features[0], from: channels, to: 32, kernel: 3, stride: 2)
    var blocks: [Block] = []
    var inputs = 32
    for stage in Self.stages {
      for index in 0..<stage.count {
        blocks.append(
          Block(
            features[blocks.count + 1]["conv"], from: inputs, to: stage.outputs,
            stride: index == 0 ? stage.stride : 1, expansion: stage.expansion))
        inputs = stage.outputs
      }
    }
    self.blocks = blocks
    last = Unit(features[blocks.count + 1], from: inputs, to: 1280, kernel: 1)
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    try last(blocks.reduce(stem(image)) { try $1($0) })
  }

  /// Table 2 of the paper: expansion, outputs, repetitions, stride.
  private static let stages: [(expansion: Int, outputs: Int, count: Int, stride: Int)] = [
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
    (6, 320, 1, 1),
  ]

  /// Convolution, norm, ReLU6.
  private struct Unit {
    let convolution: Convolution
    let norm: BatchNorm
    let activation: PlainLayer

    init(
      _ scope: Scope, from inputs: Int, to outputs: Int, kernel: Int, stride: Int = 1,
      groups: Int = 1
    ) {
      convolution = Convolution(
        scope[0], from: inputs, to: outputs, kernel: kernel, stride: stride, padding: kernel / 2,
        groups: groups)
      norm = BatchNorm(scope[1], channels: outputs)
      activation = .relu6(scope[2])
    }

    func callAsFunction(_ x: Value) throws -> Value { try activation(norm(convolution(x))) }
  }

  private struct Block {
    let expansion: Unit?
    let depthwise: Unit
    let projection: Convolution
    let norm: BatchNorm
    let sum: PlainLayer?

    init(_ scope: Scope, from inputs: Int, to outputs: Int, stride: Int, expansion factor: Int) {
      let width = inputs * factor
      let first = factor == 1 ? 0 : 1
      expansion = factor == 1 ? nil : Unit(scope[0], from: inputs, to: width, kernel: 1)
      depthwise = Unit(
        scope[first], from: width, to: width, kernel: 3, stride: stride, groups: width)
      projection = Convolution(scope[first + 1], from: width, to: outputs, kernel: 1)
      norm = BatchNorm(scope[first + 2], channels: outputs)
      sum = stride == 1 && inputs == outputs ? .sum(scope["sum"]) : nil
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let result = try norm(projection(depthwise(expansion?(x) ?? x)))
      return try sum?(x, result) ?? result
    }
  }
}

extension MobileNetV2 {
  package static let specs = [
    EncoderSpec(
      name: "mobilenet_v2", family: "MobileNet",
      summary: "inverted residuals, depthwise convolutions, Sandler 2018",
      parameterCount: 3_504_872,
      stages: [
        stage("stem", 0...1), stage("stage1", 2...3), stage("stage2", 4...6),
        stage("stage3", 7...13), stage("stage4", 14...18),
      ],
      featureWidth: 1280, input: .imageNet, classifierPrefix: ["classifier"],
      linearHeadPath: "classifier.1", ownClassCount: 1000,
      makeEncoder: { MobileNetV2($0, channels: $1) },
      makeOwnHead: { scope, classCount in
        let linear = Linear(
          scope["classifier"][1], from: 1280, to: classCount, weight: .normal(deviation: 0.01),
          bias: .zeros)
        return PooledHead(
          scope, dropout: .dropout(scope["classifier"][0], rate: 0.2), linear: linear)
      })
  ]

  private static func stage(_ name: String, _ range: ClosedRange<Int>) -> EncoderSpec.Stage {
    EncoderSpec.Stage(name, range.map { "features.\($0)" })
  }
}
