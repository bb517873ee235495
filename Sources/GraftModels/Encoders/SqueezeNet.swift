import GraftEngine

/// SqueezeNet: fire modules, no batch norm, pools that round up (Iandola et al., 2016), with
/// torchvision's names.
package struct SqueezeNet: Encoder {
  /// A part of `features`.
  fileprivate enum Part {
    case convolution(outputs: Int, kernel: Int)
    case pool
    case fire(squeeze: Int)
  }

  private let layers: Chain

  fileprivate init(_ scope: Scope, channels: Int, parts: [Part]) {
    let features = scope["features"]
    var layers: [any Layer] = []
    var inputs = channels
    var index = 0
    for part in parts {
      switch part {
      case .convolution(let outputs, let kernel):
        layers.append(
          Convolution(
            features[index], from: inputs, to: outputs, kernel: kernel, stride: 2, hasBias: true,
            start: .kaimingUniformByInputs))
        index += 1
        layers.append(PlainLayer.relu(features[index]))
        inputs = outputs
      case .pool: layers.append(PlainLayer.maxPool(features[index], roundsUp: true))
      case .fire(let width):
        layers.append(Fire(features[index], from: inputs, squeeze: width))
        inputs = 8 * width
      }
      index += 1
    }
    self.layers = Chain(layers)
  }

  package func callAsFunction(_ image: Value) throws -> Value { try layers(image) }

  /// Squeezes the channels, then expands them eightfold, half by 1×1 and half by 3×3.
  private struct Fire: Layer {
    let squeeze: Chain
    let expansion: Branches

    init(_ scope: Scope, from inputs: Int, squeeze width: Int) {
      squeeze = Chain(
        Convolution(
          scope["squeeze"], from: inputs, to: width, kernel: 1, hasBias: true,
          start: .kaimingUniformByInputs),
        PlainLayer.relu(scope["squeeze_activation"]))
      expansion = Branches(
        scope,
        [1, 3].map { kernel in
          let name = "expand\(kernel)x\(kernel)"
          return Chain(
            Convolution(
              scope[name], from: width, to: 4 * width, kernel: kernel, padding: kernel / 2,
              hasBias: true, start: .kaimingUniformByInputs),
            PlainLayer.relu(scope["\(name)_activation"]))
        })
    }

    func callAsFunction(_ x: Value) throws -> Value { try expansion(squeeze(x)) }
  }
}

extension SqueezeNet {
  package static let specs = [
    spec(
      "squeezenet1_1", parameterCount: 1_235_496, stages: [0...2, 3...5, 6...8, 9...12],
      [
        .convolution(outputs: 64, kernel: 3), .pool, .fire(squeeze: 16), .fire(squeeze: 16), .pool,
        .fire(squeeze: 32), .fire(squeeze: 32), .pool, .fire(squeeze: 48), .fire(squeeze: 48),
        .fire(squeeze: 64), .fire(squeeze: 64),
      ]),
    spec(
      "squeezenet1_0", parameterCount: 1_248_424, stages: [0...2, 3...6, 7...11, 12...12],
      [
        .convolution(outputs: 96, kernel: 7), .pool, .fire(squeeze: 16), .fire(squeeze: 16),
        .fire(squeeze: 32), .pool, .fire(squeeze: 32), .fire(squeeze: 48), .fire(squeeze: 48),
        .fire(squeeze: 64), .pool, .fire(squeeze: 64),
      ]),
  ]

  private static func spec(
    _ name: String, parameterCount: Int, stages: [ClosedRange<Int>], _ parts: [Part]
  ) -> EncoderSpec {
    EncoderSpec(
      name: name, family: "SqueezeNet", summary: "fire modules without batch norm, Iandola 2016",
      parameterCount: parameterCount,
      stages: zip(["stem", "stage1", "stage2", "stage3"], stages).map { name, range in
        .init(name, range.map { "features.\($0)" })
      },
      featureWidth: 512, input: .imageNet, classifierPrefix: ["classifier"],
      linearHeadPath: "head", ownClassCount: 1000,
      makeEncoder: { SqueezeNet($0, channels: $1, parts: parts) },
      makeOwnHead: { scope, classCount in
        let classifier = scope["classifier"]
        return ConvolutionHead(
          scope, dropout: .dropout(classifier[0], rate: 0.5),
          convolution: Convolution(
            classifier[1], from: 512, to: classCount, kernel: 1, hasBias: true,
            start: .normal(deviation: 0.01)),
          activation: .relu(classifier[2]), pool: .globalAveragePool(classifier[3]))
      })
  }
}
