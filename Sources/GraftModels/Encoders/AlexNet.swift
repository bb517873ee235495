import GraftBase
import GraftEngine

/// Five convolutions and two layers of 4096 units: torchvision's single tower (Krizhevsky, 2014), the
/// network of 2012 with two groups, and ZFNet (Zeiler and Fergus, 2013).
package struct AlexNet: Encoder {
  /// One convolution, its ReLU, and what follows before the next.
  fileprivate struct Step {
    let outputs: Int
    let kernel: Int
    var stride = 1
    var padding = 0
    var groups = 1
    var rest: [Rest] = []
  }

  fileprivate enum Rest {
    case norm
    /// 3×3 at stride 2: windows overlap.
    case pool(padding: Int)
  }

  private let features: Chain
  private let hidden: Chain

  fileprivate init(_ scope: Scope, channels: Int, steps: [Step]) {
    var layers: [any Layer] = []
    var next: Scope { scope["features"][layers.count] }
    var inputs = channels
    for step in steps {
      layers.append(
        Convolution(
          next, from: inputs, to: step.outputs, kernel: step.kernel, stride: step.stride,
          padding: step.padding, groups: step.groups, hasBias: true,
          start: .kaimingNormalByInputs))
      layers.append(PlainLayer.relu(next))
      for rest in step.rest {
        switch rest {
        case .norm: layers.append(PlainLayer.localResponseNorm(next))
        case .pool(let padding): layers.append(PlainLayer.maxPool(next, padding: padding))
        }
      }
      inputs = step.outputs
    }
    features = Chain(layers)
    let classifier = scope["classifier"]
    hidden = Chain(
      PlainLayer.adaptiveAveragePool(scope["avgpool"], size: 6),
      PlainLayer.flatten(scope["flatten"]), PlainLayer.dropout(classifier[0], rate: 0.5),
      Linear(classifier[1], from: inputs * 36, to: 4096), PlainLayer.relu(classifier[2]),
      PlainLayer.dropout(classifier[3], rate: 0.5), Linear(classifier[4], from: 4096, to: 4096),
      PlainLayer.relu(classifier[5]))
  }

  package func callAsFunction(_ image: Value) throws -> Value { try hidden(features(image)) }
}

extension AlexNet {
  package static let specs = [
    spec(
      "alexnet", "five convolutions in one tower, Krizhevsky 2014", parameterCount: 61_100_840,
      side: 224,
      [
        Step(outputs: 64, kernel: 11, stride: 4, padding: 2, rest: [.pool(padding: 0)]),
        Step(outputs: 192, kernel: 5, padding: 2, rest: [.pool(padding: 0)]),
        Step(outputs: 384, kernel: 3, padding: 1), Step(outputs: 256, kernel: 3, padding: 1),
        Step(outputs: 256, kernel: 3, padding: 1, rest: [.pool(padding: 0)]),
      ]),
    spec(
      "alexnet_original", "two groups and local response normalization, Krizhevsky 2012",
      parameterCount: 60_965_224, side: 227,
      [
        Step(outputs: 96, kernel: 11, stride: 4, rest: [.norm, .pool(padding: 0)]),
        Step(outputs: 256, kernel: 5, padding: 2, groups: 2, rest: [.norm, .pool(padding: 0)]),
        Step(outputs: 384, kernel: 3, padding: 1),
        Step(outputs: 384, kernel: 3, padding: 1, groups: 2),
        Step(outputs: 256, kernel: 3, padding: 1, groups: 2, rest: [.pool(padding: 0)]),
      ]),
    spec(
      "zfnet", "first layer 7×7 at stride 2, Zeiler 2013", parameterCount: 62_357_608, side: 224,
      [
        Step(outputs: 96, kernel: 7, stride: 2, padding: 1, rest: [.pool(padding: 1), .norm]),
        Step(outputs: 256, kernel: 5, stride: 2, rest: [.pool(padding: 1), .norm]),
        Step(outputs: 384, kernel: 3, padding: 1), Step(outputs: 384, kernel: 3, padding: 1),
        Step(outputs: 256, kernel: 3, padding: 1, rest: [.pool(padding: 0)]),
      ]),
  ]

  private static func spec(
    _ name: String, _ summary: String, parameterCount: Int, side: Int, _ steps: [Step]
  ) -> EncoderSpec {
    var stages: [EncoderSpec.Stage] = []
    var first = 0
    for (index, step) in steps.enumerated() {
      let next = first + 2 + step.rest.count
      stages.append(.init("conv\(index + 1)", (first..<next).map { "features.\($0)" }))
      first = next
    }
    var input = ImageInput.imageNet
    input.side = side
    return EncoderSpec(
      name: name, family: "AlexNet", summary: summary, parameterCount: parameterCount,
      stages: stages + [
        .init("hidden", ["avgpool", "flatten"] + (0...5).map { "classifier.\($0)" })
      ],
      featureWidth: 4096, input: input, classifierPrefix: ["classifier.6"],
      linearHeadPath: "classifier.6", ownClassCount: 1000,
      makeEncoder: { AlexNet($0, channels: $1, steps: steps) },
      makeOwnHead: { scope, classCount in
        PooledHead(scope, linear: Linear(scope["classifier"][6], from: 4096, to: classCount))
      })
  }
}
