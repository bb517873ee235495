import GraftEngine

/// Inception modules whose N×N kernels are N×1 and 1×N, and that pool and stride side by side
/// (Szegedy et al., 2015), with torchvision's names.
package struct InceptionV3: Encoder {
  private let layers: Chain

  package init(_ scope: Scope, channels: Int) {
    layers = Chain(
      InceptionUnit(scope["Conv2d_1a_3x3"], from: channels, to: 32, kernel: 3, stride: 2),
      InceptionUnit(scope["Conv2d_2a_3x3"], from: 32, to: 32, kernel: 3),
      InceptionUnit(scope["Conv2d_2b_3x3"], from: 32, to: 64, kernel: 3, padding: 1),
      PlainLayer.maxPool(scope["maxpool1"]),
      InceptionUnit(scope["Conv2d_3b_1x1"], from: 64, to: 80),
      InceptionUnit(scope["Conv2d_4a_3x3"], from: 80, to: 192, kernel: 3),
      PlainLayer.maxPool(scope["maxpool2"]),
      Self.a(scope["Mixed_5b"], from: 192, pooled: 32),
      Self.a(scope["Mixed_5c"], from: 256, pooled: 64),
      Self.a(scope["Mixed_5d"], from: 288, pooled: 64), Self.b(scope["Mixed_6a"], from: 288),
      Self.c(scope["Mixed_6b"], width: 128), Self.c(scope["Mixed_6c"], width: 160),
      Self.c(scope["Mixed_6d"], width: 160), Self.c(scope["Mixed_6e"], width: 192),
      Self.d(scope["Mixed_7a"]), Self.e(scope["Mixed_7b"], from: 1280),
      Self.e(scope["Mixed_7c"], from: 2048))
  }

  package func callAsFunction(_ image: Value) throws -> Value { try layers(image) }

  /// 35×35 pixels: 1×1, 5×5, two 3×3, pooled.
  private static func a(_ scope: Scope, from inputs: Int, pooled: Int) -> any Layer {
    Branches(
      scope,
      [
        InceptionUnit(scope["branch1x1"], from: inputs, to: 64),
        Chain(
          InceptionUnit(scope["branch5x5_1"], from: inputs, to: 48),
          InceptionUnit(scope["branch5x5_2"], from: 48, to: 64, kernel: 5, padding: 2)),
        Chain(
          InceptionUnit(scope["branch3x3dbl_1"], from: inputs, to: 64),
          InceptionUnit(scope["branch3x3dbl_2"], from: 64, to: 96, kernel: 3, padding: 1),
          InceptionUnit(scope["branch3x3dbl_3"], from: 96, to: 96, kernel: 3, padding: 1)),
        pooling(scope, from: inputs, to: pooled),
      ])
  }

  /// 35×35 to 17×17 pixels.
  private static func b(_ scope: Scope, from inputs: Int) -> any Layer {
    Branches(
      scope,
      [
        InceptionUnit(scope["branch3x3"], from: inputs, to: 384, kernel: 3, stride: 2),
        Chain(
          InceptionUnit(scope["branch3x3dbl_1"], from: inputs, to: 64),
          InceptionUnit(scope["branch3x3dbl_2"], from: 64, to: 96, kernel: 3, padding: 1),
          InceptionUnit(scope["branch3x3dbl_3"], from: 96, to: 96, kernel: 3, stride: 2)),
        PlainLayer.maxPool(scope["maxpool"]),
      ])
  }

  /// 17×17 pixels: 1×1, 7×7 once and twice, pooled.
  private static func c(_ scope: Scope, width: Int) -> any Layer {
    func row(_ number: Int, to outputs: Int, _ name: String) -> InceptionUnit {
      InceptionUnit(
        scope["\(name)_\(number)"], from: width, to: outputs, kernel: Pair(1, 7),
        padding: Pair(0, 3))
    }
    func column(_ number: Int, to outputs: Int, _ name: String) -> InceptionUnit {
      InceptionUnit(
        scope["\(name)_\(number)"], from: width, to: outputs, kernel: Pair(7, 1),
        padding: Pair(3, 0))
    }
    return Branches(
      scope,
      [
        InceptionUnit(scope["branch1x1"], from: 768, to: 192),
        Chain(
          InceptionUnit(scope["branch7x7_1"], from: 768, to: width),
          row(2, to: width, "branch7x7"), column(3, to: 192, "branch7x7")),
        Chain(
          InceptionUnit(scope["branch7x7dbl_1"], from: 768, to: width),
          column(2, to: width, "branch7x7dbl"), row(3, to: width, "branch7x7dbl"),
          column(4, to: width, "branch7x7dbl"), row(5, to: 192, "branch7x7dbl")),
        pooling(scope, from: 768, to: 192),
      ])
  }

  /// 17×17 to 8×8 pixels.
  private static func d(_ scope: Scope) -> any Layer {
    Branches(
      scope,
      [
        Chain(
          InceptionUnit(scope["branch3x3_1"], from: 768, to: 192),
          InceptionUnit(scope["branch3x3_2"], from: 192, to: 320, kernel: 3, stride: 2)),
        Chain(
          InceptionUnit(scope["branch7x7x3_1"], from: 768, to: 192),
          InceptionUnit(
            scope["branch7x7x3_2"], from: 192, to: 192, kernel: Pair(1, 7), padding: Pair(0, 3)),
          InceptionUnit(
            scope["branch7x7x3_3"], from: 192, to: 192, kernel: Pair(7, 1), padding: Pair(3, 0)),
          InceptionUnit(scope["branch7x7x3_4"], from: 192, to: 192, kernel: 3, stride: 2)),
        PlainLayer.maxPool(scope["maxpool"]),
      ])
  }

  /// 8×8 pixels: 3×3 kernels as a row and a column side by side.
  private static func e(_ scope: Scope, from inputs: Int) -> any Layer {
    func rowAndColumn(_ name: String) -> any Layer {
      Branches(
        scope["\(name)ab"],
        [
          InceptionUnit(
            scope["\(name)a"], from: 384, to: 384, kernel: Pair(1, 3), padding: Pair(0, 1)),
          InceptionUnit(
            scope["\(name)b"], from: 384, to: 384, kernel: Pair(3, 1), padding: Pair(1, 0)),
        ])
    }
    return Branches(
      scope,
      [
        InceptionUnit(scope["branch1x1"], from: inputs, to: 320),
        Chain(
          InceptionUnit(scope["branch3x3_1"], from: inputs, to: 384), rowAndColumn("branch3x3_2")),
        Chain(
          InceptionUnit(scope["branch3x3dbl_1"], from: inputs, to: 448),
          InceptionUnit(scope["branch3x3dbl_2"], from: 448, to: 384, kernel: 3, padding: 1),
          rowAndColumn("branch3x3dbl_3")),
        pooling(scope, from: inputs, to: 192),
      ])
  }

  /// The mean over 3×3 pixels, then 1×1.
  private static func pooling(_ scope: Scope, from inputs: Int, to outputs: Int) -> any Layer {
    Chain(
      PlainLayer.averagePool(scope["pool"], kernel: 3, stride: 1, padding: 1),
      InceptionUnit(scope["branch_pool"], from: inputs, to: outputs))
  }
}

extension InceptionV3 {
  package static let specs = [
    EncoderSpec(
      name: "inception_v3", family: "Inception",
      summary: "N×N kernels as N×1 and 1×N, Szegedy 2015", parameterCount: 23_834_568,
      stages: [
        .init(
          "stem", "Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "maxpool1", "Conv2d_3b_1x1",
          "Conv2d_4a_3x3", "maxpool2"),
        .init("mixed5", "Mixed_5b", "Mixed_5c", "Mixed_5d"),
        .init("mixed6", "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"),
        .init("mixed7", "Mixed_7a", "Mixed_7b", "Mixed_7c"),
      ],
      featureWidth: 2048, input: .plusMinusOne(side: 299, from: 342), classifierPrefix: ["fc"],
      linearHeadPath: "fc", ownClassCount: 1000,
      makeEncoder: { InceptionV3($0, channels: $1) },
      makeOwnHead: { scope, classCount in
        PooledHead(
          scope, dropout: .dropout(scope["dropout"], rate: 0.5),
          linear: Linear(scope["fc"], from: 2048, to: classCount))
      },
      auxiliary: [
        AuxiliaryClassifier(
          name: "AuxLogits", source: "Mixed_6e", lastLayer: "AuxLogits.fc", weight: 0.4
        ) { scope, classCount in
          Chain(
            PlainLayer.averagePool(scope["pool"], kernel: 5, stride: 3),
            InceptionUnit(scope["conv0"], from: 768, to: 128),
            InceptionUnit(scope["conv1"], from: 128, to: 768, kernel: 5),
            PlainLayer.globalAveragePool(scope["avgpool"]),
            Linear(scope["fc"], from: 768, to: classCount, weight: .normal(deviation: 0.001)))
        }
      ],
      auxiliaryParameterCount: 3_326_696)
  ]
}
