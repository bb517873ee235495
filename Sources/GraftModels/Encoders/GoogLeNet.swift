import GraftEngine

/// Inception modules of 1×1, 3×3 and pooled branches (Szegedy et al., 2014), with torchvision's
/// names, batch norms, and 3×3 kernels where the paper has 5×5.
package struct GoogLeNet: Encoder {
  private let layers: Chain

  package init(_ scope: Scope, channels: Int) {
    func inception(
      _ name: String, from inputs: Int, _ one: Int, _ three: (Int, Int), _ five: (Int, Int),
      _ pooled: Int
    ) -> any Layer {
      let scope = scope[name]
      return Branches(
        scope,
        [
          InceptionUnit(scope["branch1"], from: inputs, to: one),
          Chain(
            InceptionUnit(scope["branch2"][0], from: inputs, to: three.0),
            InceptionUnit(scope["branch2"][1], from: three.0, to: three.1, kernel: 3, padding: 1)
          ),
          Chain(
            InceptionUnit(scope["branch3"][0], from: inputs, to: five.0),
            InceptionUnit(scope["branch3"][1], from: five.0, to: five.1, kernel: 3, padding: 1)),
          Chain(
            PlainLayer.maxPool(
              scope["branch4"][0], kernel: 3, stride: 1, padding: 1, roundsUp: true),
            InceptionUnit(scope["branch4"][1], from: inputs, to: pooled)),
        ])
    }
    func pool(_ number: Int, kernel: Pair = 3) -> PlainLayer {
      .maxPool(scope["maxpool\(number)"], kernel: kernel, stride: 2, roundsUp: true)
    }
    layers = Chain(
      InceptionUnit(
        scope["conv1"], from: channels, to: 64, kernel: 7, stride: 2, padding: 3),
      pool(1), InceptionUnit(scope["conv2"], from: 64, to: 64),
      InceptionUnit(scope["conv3"], from: 64, to: 192, kernel: 3, padding: 1), pool(2),
      inception("inception3a", from: 192, 64, (96, 128), (16, 32), 32),
      inception("inception3b", from: 256, 128, (128, 192), (32, 96), 64), pool(3),
      inception("inception4a", from: 480, 192, (96, 208), (16, 48), 64),
      inception("inception4b", from: 512, 160, (112, 224), (24, 64), 64),
      inception("inception4c", from: 512, 128, (128, 256), (24, 64), 64),
      inception("inception4d", from: 512, 112, (144, 288), (32, 64), 64),
      inception("inception4e", from: 528, 256, (160, 320), (32, 128), 128), pool(4, kernel: 2),
      inception("inception5a", from: 832, 256, (160, 320), (32, 128), 128),
      inception("inception5b", from: 832, 384, (192, 384), (48, 128), 128))
  }

  package func callAsFunction(_ image: Value) throws -> Value { try layers(image) }

  private static func auxiliary(_ name: String, on source: String, from inputs: Int)
    -> AuxiliaryClassifier
  {
    AuxiliaryClassifier(name: name, source: source, lastLayer: "\(name).fc2", weight: 0.3) {
      scope, classCount in
      Chain(
        PlainLayer.adaptiveAveragePool(scope["pool"], size: 4),
        InceptionUnit(scope["conv"], from: inputs, to: 128), PlainLayer.flatten(scope["flatten"]),
        Linear(scope["fc1"], from: 2048, to: 1024), PlainLayer.relu(scope["relu"]),
        PlainLayer.dropout(scope["dropout"], rate: 0.7),
        Linear(scope["fc2"], from: 1024, to: classCount))
    }
  }
}

extension GoogLeNet {
  package static let specs = [
    EncoderSpec(
      name: "googlenet", family: "Inception", summary: "inception modules, Szegedy 2014",
      parameterCount: 6_624_904,
      stages: [
        .init("stem", "conv1", "maxpool1", "conv2", "conv3", "maxpool2"),
        .init("inception3", "inception3a", "inception3b", "maxpool3"),
        .init("inception4", ["a", "b", "c", "d", "e"].map { "inception4\($0)" } + ["maxpool4"]),
        .init("inception5", "inception5a", "inception5b"),
      ],
      featureWidth: 1024, input: .plusMinusOne(side: 224, from: 256), classifierPrefix: ["fc"],
      linearHeadPath: "fc", ownClassCount: 1000,
      makeEncoder: { GoogLeNet($0, channels: $1) },
      makeOwnHead: { scope, classCount in
        PooledHead(
          scope, dropout: .dropout(scope["dropout"], rate: 0.2),
          linear: Linear(scope["fc"], from: 1024, to: classCount))
      },
      auxiliary: [
        auxiliary("aux1", on: "inception4a", from: 512),
        auxiliary("aux2", on: "inception4d", from: 528),
      ],
      auxiliaryParameterCount: 6_379_984)
  ]
}
