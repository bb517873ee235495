import GraftBase
import GraftEngine

/// MobileNets of other widths than torchvision's, and Google's own with TensorFlow's padding (`tf_`),
/// under timm's names (Sandler et al., 2018; Howard et al., 2019).
enum MobileNetTimm {
  static let specs: [EncoderSpec] = [
    second("050", width: 0.5, 1_968_680), second("140", width: 1.4, 6_108_776),
    small("050", width: 0.5, 1_593_224), small("075", width: 0.75, 2_041_872),
    small("100", width: 1, 2_542_856), large("100", width: 1, 5_483_032),
    small("075", tf: true, width: 0.75, 2_041_872), small("100", tf: true, width: 1, 2_542_856),
    small("minimal_100", tf: true, isMinimal: true, width: 1, 2_044_736),
    large("075", tf: true, width: 0.75, 3_993_528), large("100", tf: true, width: 1, 5_483_032),
    large("minimal_100", tf: true, isMinimal: true, width: 1, 3_924_288),
  ]

  private static func second(
    _ size: String, width: Double, _ parameterCount: Int
  ) -> EncoderSpec {
    InvertedResiduals.spec(
      "mobilenetv2_\(size)", family: "MobileNet",
      "inverted residuals, depthwise convolutions, Sandler 2018", parameterCount: parameterCount,
      input: .imageNet.filtered(by: .bicubic),
      InvertedResiduals.Design(
        stages: [
          [.separable(1, stride: 1, 16)], [.inverted(2, stride: 2, expansion: 6, 24)],
          [.inverted(3, stride: 2, expansion: 6, 32)], [.inverted(4, stride: 2, expansion: 6, 64)],
          [.inverted(3, stride: 1, expansion: 6, 96)],
          [.inverted(3, stride: 2, expansion: 6, 160)],
          [.inverted(1, stride: 1, expansion: 6, 320)],
        ],
        activation: .relu6,
        ending: .convolution(max(1280, WidthScaling.divisible(1280 * width))), width: width))
  }

  private static func small(
    _ size: String, tf: Bool = false, isMinimal: Bool = false, width: Double,
    _ parameterCount: Int
  ) -> EncoderSpec {
    let kernel = isMinimal ? 3 : 5
    return third(
      "small_\(size)", tf: tf, isMinimal: isMinimal, width: width, hidden: 1024, parameterCount,
      [
        [.separable(1, stride: 2, 16).squeezing.rectified],
        [
          .inverted(1, stride: 2, expansion: 4.5, 24).rectified,
          .inverted(1, stride: 1, expansion: 3.67, 24).rectified,
        ],
        [
          .inverted(1, kernel: kernel, stride: 2, expansion: 4, 40).squeezing,
          .inverted(2, kernel: kernel, stride: 1, expansion: 6, 40).squeezing,
        ],
        [.inverted(2, kernel: kernel, stride: 1, expansion: 3, 48).squeezing],
        [.inverted(3, kernel: kernel, stride: 2, expansion: 6, 96).squeezing],
        [.plain(1, kernel: 1, stride: 1, 576)],
      ])
  }

  private static func large(
    _ size: String, tf: Bool = false, isMinimal: Bool = false, width: Double,
    _ parameterCount: Int
  ) -> EncoderSpec {
    let kernel = isMinimal ? 3 : 5
    return third(
      "large_\(size)", tf: tf, isMinimal: isMinimal, width: width, hidden: 1280, parameterCount,
      [
        [.separable(1, stride: 1, 16).rectified],
        [
          .inverted(1, stride: 2, expansion: 4, 24).rectified,
          .inverted(1, stride: 1, expansion: 3, 24).rectified,
        ],
        [.inverted(3, kernel: kernel, stride: 2, expansion: 3, 40).squeezing.rectified],
        [
          .inverted(1, stride: 2, expansion: 6, 80), .inverted(1, stride: 1, expansion: 2.5, 80),
          .inverted(2, stride: 1, expansion: 2.3, 80),
        ],
        [.inverted(2, stride: 1, expansion: 6, 112).squeezing],
        [.inverted(3, kernel: kernel, stride: 2, expansion: 6, 160).squeezing],
        [.plain(1, kernel: 1, stride: 1, 960)],
      ])
  }

  /// - Parameter isMinimal: without squeeze-and-excitation, with ReLU alone.
  private static func third(
    _ size: String, tf: Bool, isMinimal: Bool, width: Double, hidden: Int, _ parameterCount: Int,
    _ stages: [[InvertedResiduals.Row]]
  ) -> EncoderSpec {
    let stages = stages.map { rows in
      rows.map { row in
        var row = row
        if isMinimal { (row.squeezes, row.activation) = (false, nil) }
        return row
      }
    }
    let summary =
      isMinimal
      ? "inverted residuals with ReLU" : "inverted residuals, squeeze-and-excitation, hard swish"
    return InvertedResiduals.spec(
      (tf ? "tf_" : "") + "mobilenetv3_\(size)", family: "MobileNet",
      summary + (tf ? ", TensorFlow's padding" : "") + ", Howard 2019",
      parameterCount: parameterCount,
      input: tf
        ? .plusMinusOne(side: 224, from: 256) : .imageNet.filtered(by: .bicubic),
      InvertedResiduals.Design(
        stages: stages, stem: 16, activation: isMinimal ? .relu : .hardSwish,
        ending: .hidden(hidden, isNormed: false), width: width, keepsStemWidth: width < 0.75,
        gate: .hardSigmoid, squeezeActivation: .relu, squeezesExpanded: true, isOfTensorFlow: tf))
  }
}
