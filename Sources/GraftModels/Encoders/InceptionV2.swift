import GraftEngine

/// GoogLeNet with batch norms and two 3×3 kernels in the place of 5×5 (Ioffe and Szegedy, 2015), by
/// the table of its appendix.
package struct InceptionV2: Encoder {
  private let layers: Chain

  private enum Pooling { case average, maximum }

  package init(_ scope: Scope, channels: Int) {
    layers = Chain(
      InceptionUnit(scope["conv1"], from: channels, to: 64, kernel: 7, stride: 2, padding: 3),
      PlainLayer.maxPool(scope["maxpool1"], padding: 1),
      InceptionUnit(scope["conv2"], from: 64, to: 64),
      InceptionUnit(scope["conv3"], from: 64, to: 192, kernel: 3, padding: 1),
      PlainLayer.maxPool(scope["maxpool2"], padding: 1),
      Self.module(scope["inception3a"], from: 192, 64, (64, 64), (64, 96), .average, 32),
      Self.module(scope["inception3b"], from: 256, 64, (64, 96), (64, 96), .average, 64),
      Self.reduction(scope["inception3c"], from: 320, (128, 160), (64, 96)),
      Self.module(scope["inception4a"], from: 576, 224, (64, 96), (96, 128), .average, 128),
      Self.module(scope["inception4b"], from: 576, 192, (96, 128), (96, 128), .average, 128),
      Self.module(scope["inception4c"], from: 576, 160, (128, 160), (128, 160), .average, 96),
      Self.module(scope["inception4d"], from: 576, 96, (128, 192), (160, 192), .average, 96),
      Self.reduction(scope["inception4e"], from: 576, (128, 192), (192, 256)),
      Self.module(scope["inception5a"], from: 1024, 352, (192, 320), (160, 224), .average, 128),
      Self.module(scope["inception5b"], from: 1024, 352, (192, 320), (192, 224), .maximum, 128))
  }

  package func callAsFunction(_ image: Value) throws -> Value { try layers(image) }

  /// 1×1, 3×3, two 3×3, pooled; `three` and `double` are the widths of the 1×1 kernel and of the
  /// rest.
  private static func module(
    _ scope: Scope, from inputs: Int, _ one: Int, _ three: (Int, Int), _ double: (Int, Int),
    _ pooling: Pooling, _ pooled: Int
  ) -> any Layer {
    let pool: PlainLayer =
      pooling == .average
      ? .averagePool(scope["branch4"][0], kernel: 3, stride: 1, padding: 1)
      : .maxPool(scope["branch4"][0], kernel: 3, stride: 1, padding: 1)
    return Branches(
      scope,
      [
        InceptionUnit(scope["branch1"], from: inputs, to: one),
        single(scope["branch2"], from: inputs, three),
        twice(scope["branch3"], from: inputs, double),
        Chain(pool, InceptionUnit(scope["branch4"][1], from: inputs, to: pooled)),
      ])
  }

  /// Halves width and height by stride and by pooling.
  private static func reduction(
    _ scope: Scope, from inputs: Int, _ three: (Int, Int), _ double: (Int, Int)
  ) -> any Layer {
    Branches(
      scope,
      [
        single(scope["branch2"], from: inputs, three, stride: 2),
        twice(scope["branch3"], from: inputs, double, stride: 2),
        PlainLayer.maxPool(scope["branch4"][0], padding: 1),
      ])
  }

  private static func single(
    _ scope: Scope, from inputs: Int, _ widths: (Int, Int), stride: Pair = 1
  ) -> Chain {
    Chain(
      InceptionUnit(scope[0], from: inputs, to: widths.0),
      InceptionUnit(
        scope[1], from: widths.0, to: widths.1, kernel: 3, stride: stride, padding: 1))
  }

  private static func twice(
    _ scope: Scope, from inputs: Int, _ widths: (Int, Int), stride: Pair = 1
  ) -> Chain {
    Chain(
      InceptionUnit(scope[0], from: inputs, to: widths.0),
      InceptionUnit(scope[1], from: widths.0, to: widths.1, kernel: 3, padding: 1),
      InceptionUnit(
        scope[2], from: widths.1, to: widths.1, kernel: 3, stride: stride, padding: 1))
  }
}

extension InceptionV2 {
  package static let specs = [
    EncoderSpec(
      name: "inception_v2", family: "Inception",
      summary: "inception modules with batch norm, Ioffe 2015", parameterCount: 11_194_984,
      stages: [
        .init("stem", "conv1", "maxpool1", "conv2", "conv3", "maxpool2"),
        .init("inception3", ["a", "b", "c"].map { "inception3\($0)" }),
        .init("inception4", ["a", "b", "c", "d", "e"].map { "inception4\($0)" }),
        .init("inception5", ["a", "b"].map { "inception5\($0)" }),
      ],
      featureWidth: 1024, input: .plusMinusOne(side: 224, from: 256), classifierPrefix: ["fc"],
      linearHeadPath: "fc", ownClassCount: 1000,
      makeEncoder: { InceptionV2($0, channels: $1) },
      makeOwnHead: { scope, classCount in
        PooledHead(scope, linear: Linear(scope["fc"], from: 1024, to: classCount))
      })
  ]
}
