import GraftEngine

/// Networks for 32×32 images without fully connected layers: 1×1 layers between convolutions
/// (Network in Network; Lin et al., 2013), strided convolutions instead of pooling (All-CNN-C;
/// Springenberg et al., 2014).
package struct NiN: Encoder {
  /// A convolution with bias and ReLU.
  fileprivate struct Step {
    let name: String
    let outputs: Int
    let kernel: Int
    var stride = 1
    var padding = 0
    /// What comes after it.
    var pool: PoolOp.Kind?
    var dropout: Float = 0
  }

  private let layers: Chain

  /// - Parameter inputDropout: the share of the image's values that training drops.
  fileprivate init(_ scope: Scope, channels: Int, inputDropout: Float, steps: [Step]) {
    var layers: [any Layer] = []
    if inputDropout > 0 {
      layers.append(PlainLayer.dropout(scope["dropout0"], rate: inputDropout))
    }
    var inputs = channels
    for step in steps {
      let path = scope[step.name]
      layers.append(
        Convolution(
          path, from: inputs, to: step.outputs, kernel: step.kernel, stride: step.stride,
          padding: step.padding, hasBias: true, start: .kaimingNormalByInputs))
      layers.append(PlainLayer.relu(path["relu"]))
      if let kind = step.pool {
        layers.append(PlainLayer(path["pool"], PoolOp(kind, kernel: 3, stride: 2, roundsUp: true)))
      }
      if step.dropout > 0 {
        layers.append(PlainLayer.dropout(path["dropout"], rate: step.dropout))
      }
      inputs = step.outputs
    }
    self.layers = Chain(layers)
  }

  package func callAsFunction(_ image: Value) throws -> Value { try layers(image) }
}

extension NiN {
  package static let specs = [
    spec(
      "nin", "1×1 layers between convolutions, Lin 2013", parameterCount: 966_986,
      classifier: "cccp6",
      blocks: [
        [
          Step(name: "conv1", outputs: 192, kernel: 5, padding: 2),
          Step(name: "cccp1", outputs: 160, kernel: 1),
          Step(name: "cccp2", outputs: 96, kernel: 1, pool: .max, dropout: 0.5),
        ],
        [
          Step(name: "conv2", outputs: 192, kernel: 5, padding: 2),
          Step(name: "cccp3", outputs: 192, kernel: 1),
          Step(name: "cccp4", outputs: 192, kernel: 1, pool: .average, dropout: 0.5),
        ],
        [
          Step(name: "conv3", outputs: 192, kernel: 3, padding: 1),
          Step(name: "cccp5", outputs: 192, kernel: 1),
        ],
      ]),
    spec(
      "allcnn", "strided convolutions instead of pooling, Springenberg 2014",
      parameterCount: 1_369_738, classifier: "conv9", inputDropout: 0.2,
      blocks: [
        [
          Step(name: "conv1", outputs: 96, kernel: 3, padding: 1),
          Step(name: "conv2", outputs: 96, kernel: 3, padding: 1),
          Step(name: "conv3", outputs: 96, kernel: 3, stride: 2, padding: 1, dropout: 0.5),
        ],
        [
          Step(name: "conv4", outputs: 192, kernel: 3, padding: 1),
          Step(name: "conv5", outputs: 192, kernel: 3, padding: 1),
          Step(name: "conv6", outputs: 192, kernel: 3, stride: 2, padding: 1, dropout: 0.5),
        ],
        [
          Step(name: "conv7", outputs: 192, kernel: 3),
          Step(name: "conv8", outputs: 192, kernel: 1),
        ],
      ]),
  ]

  private static func spec(
    _ name: String, _ summary: String, parameterCount: Int, classifier: String,
    inputDropout: Float = 0, blocks: [[Step]]
  ) -> EncoderSpec {
    EncoderSpec(
      name: name, family: "fully convolutional", summary: summary, parameterCount: parameterCount,
      stages: blocks.enumerated().map { index, block in
        .init("block\(index + 1)", (index == 0 ? ["dropout0"] : []) + block.map(\.name))
      },
      featureWidth: 192, input: .cifar, classifierPrefix: [classifier], linearHeadPath: "head",
      ownClassCount: 10,
      makeEncoder: {
        NiN($0, channels: $1, inputDropout: inputDropout, steps: blocks.flatMap { $0 })
      },
      makeOwnHead: { scope, classCount in
        let path = scope[classifier]
        return ConvolutionHead(
          scope,
          convolution: Convolution(
            path, from: 192, to: classCount, kernel: 1, hasBias: true,
            start: .kaimingNormalByInputs),
          activation: .relu(path["relu"]), pool: .globalAveragePool(path["avgpool"]))
      })
  }
}
