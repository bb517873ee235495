import GraftEngine

/// SqueezeNet 1.1: fire modules, no batch norm, pools that round up (Iandola et al., 2016).
package struct SqueezeNet: Encoder {
  private let convolution: Convolution
  private let activation: PlainLayer
  private let pools: [PlainLayer]
  /// The fires between one pool and the next.
  private let fires: [[Fire]]

  package init(_ scope: Scope, channels: Int) {
    let features = scope["features"]
    convolution = Convolution(
      features[0], from: channels, to: 64, kernel: 3, stride: 2, hasBias: true,
      start: .kaimingUniformByInputs)
    activation = .relu(features[1])
    pools = [2, 5, 8].map { .maxPool(features[$0], roundsUp: true) }
    fires = [
      [Fire(features[3], from: 64, squeeze: 16), Fire(features[4], from: 128, squeeze: 16)],
      [Fire(features[6], from: 128, squeeze: 32), Fire(features[7], from: 256, squeeze: 32)],
      [
        Fire(features[9], from: 256, squeeze: 48), Fire(features[10], from: 384, squeeze: 48),
        Fire(features[11], from: 384, squeeze: 64), Fire(features[12], from: 512, squeeze: 64),
      ],
    ]
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    var x = try activation(convolution(image))
    for (pool, fires) in zip(pools, fires) {
      x = try fires.reduce(pool(x)) { try $1($0) }
    }
    return x
  }

  /// Squeezes the channels, then expands them eightfold, half by 1×1 and half by 3×3.
  private struct Fire {
    let squeeze: Convolution
    let squeezeActivation: PlainLayer
    let branches: [(convolution: Convolution, activation: PlainLayer)]
    let concatenation: PlainLayer

    init(_ scope: Scope, from inputs: Int, squeeze width: Int) {
      squeeze = Convolution(
        scope["squeeze"], from: inputs, to: width, kernel: 1, hasBias: true,
        start: .kaimingUniformByInputs)
      squeezeActivation = .relu(scope["squeeze_activation"])
      branches = [1, 3].map { kernel in
        let name = "expand\(kernel)x\(kernel)"
        return (
          Convolution(
            scope[name], from: width, to: 4 * width, kernel: kernel, padding: kernel / 2,
            hasBias: true, start: .kaimingUniformByInputs),
          .relu(scope["\(name)_activation"])
        )
      }
      concatenation = .concatenation(scope["concatenation"])
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let squeezed = try squeezeActivation(squeeze(x))
      let outputs = try branches.map { try $0.activation($0.convolution(squeezed)) }
      return try concatenation(outputs[0], outputs[1])
    }
  }
}

extension SqueezeNet {
  package static let specs = [
    EncoderSpec(
      name: "squeezenet1_1", family: "SqueezeNet",
      summary: "fire modules without batch norm, Iandola 2016",
      parameterCount: 1_235_496,
      stages: [
        .init("stem", (0...2).map { "features.\($0)" }),
        .init("stage1", (3...5).map { "features.\($0)" }),
        .init("stage2", (6...8).map { "features.\($0)" }),
        .init("stage3", (9...12).map { "features.\($0)" }),
      ],
      featureWidth: 512, input: .imageNet, classifierPrefix: ["classifier"],
      linearHeadPath: "head", ownClassCount: 1000,
      makeEncoder: { SqueezeNet($0, channels: $1) },
      makeOwnHead: { ConvolutionHead($0, classCount: $1) })
  ]
}
