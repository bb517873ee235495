import GraftEngine

/// Depthwise separable convolutions one after the other (Howard et al., 2017), with timm's names.
package struct MobileNetV1: Encoder {
  private let convolution: Convolution
  private let norm: BatchNorm
  private let activation: PlainLayer
  private let blocks: [Block]

  package init(_ scope: Scope, channels: Int) {
    convolution = Convolution(
      scope["conv_stem"], from: channels, to: 32, kernel: 3, stride: 2, padding: 1)
    norm = BatchNorm(scope["bn1"], channels: 32)
    activation = .relu6(scope["act1"])
    var inputs = 32
    blocks = [(64, 1), (128, 2), (256, 2), (512, 6), (1024, 2)].enumerated().flatMap {
      stage, row in
      (0..<row.1).map { index in
        defer { inputs = row.0 }
        return Block(
          scope["blocks"][stage][index], from: inputs, to: row.0,
          stride: stage > 0 && index == 0 ? 2 : 1)
      }
    }
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    try blocks.reduce(activation(norm(convolution(image)))) { try $1($0) }
  }

  private struct Block {
    let depthwise, pointwise: Convolution
    let norms: [BatchNorm]
    let activations: [PlainLayer]

    init(_ scope: Scope, from inputs: Int, to outputs: Int, stride: Int) {
      // The outputs that one input reaches are its own channel's.
      depthwise = Convolution(
        scope["conv_dw"], from: inputs, to: inputs, kernel: 3, stride: stride, padding: 1,
        groups: inputs, start: .kaimingNormalByInputs)
      let first = BatchNorm(scope["bn1"], channels: inputs)
      pointwise = Convolution(scope["conv_pw"], from: inputs, to: outputs, kernel: 1)
      norms = [first, BatchNorm(scope["bn2"], channels: outputs)]
      activations = [.relu6(scope["act1"]), .relu6(scope["act2"])]
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let filtered = try activations[0](norms[0](depthwise(x)))
      return try activations[1](norms[1](pointwise(filtered)))
    }
  }
}

extension MobileNetV1 {
  package static let specs = [
    EncoderSpec(
      name: "mobilenet_v1", family: "MobileNet",
      summary: "depthwise separable convolutions, Howard 2017", parameterCount: 4_231_976,
      stages: [.init("stem", "conv_stem", "bn1", "act1")]
        + (0...4).map { .init("stage\($0)", "blocks.\($0)") },
      featureWidth: 1024, input: .imageNet.filtered(by: .bicubic).normalizedToUnit(),
      classifierPrefix: ["classifier"], linearHeadPath: "classifier", ownClassCount: 1000,
      makeEncoder: { MobileNetV1($0, channels: $1) },
      makeOwnHead: { scope, classCount in
        let linear = Linear(
          scope["classifier"], from: 1024, to: classCount,
          weight: .uniform(bound: 1 / Double(classCount).squareRoot()), bias: .zeros)
        return PooledHead(scope, linear: linear)
      })
  ]
}
