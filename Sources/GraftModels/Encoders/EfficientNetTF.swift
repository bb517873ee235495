import GraftBase
import GraftEngine

/// EfficientNets with TensorFlow's padding and the epsilon of its norms, under timm's names: what Google's
/// own weights expect (Tan and Le, 2019 and 2021).
enum EfficientNetTF {
  static let specs: [EncoderSpec] = first + base + second

  // MARK: - The first version

  private static let first: [EncoderSpec] = [
    spec("b0", width: 1, depth: 1, side: 224, from: 256, dropout: 0.2, 5_288_548),
    spec("b1", width: 1, depth: 1.1, side: 240, from: 272, dropout: 0.2, 7_794_184),
    spec("b2", width: 1.1, depth: 1.2, side: 260, from: 292, dropout: 0.3, 9_109_994),
    spec("b3", width: 1.2, depth: 1.4, side: 300, from: 331, dropout: 0.3, 12_233_232),
    spec("b4", width: 1.4, depth: 1.8, side: 380, from: 412, dropout: 0.4, 19_341_616),
    spec("b5", width: 1.6, depth: 2.2, side: 456, from: 488, dropout: 0.4, 30_389_784),
    spec("b6", width: 1.8, depth: 2.6, side: 528, from: 560, dropout: 0.5, 43_040_704),
    spec("b7", width: 2, depth: 3.1, side: 600, from: 632, dropout: 0.5, 66_347_960),
  ]

  private static func spec(
    _ size: String, width: Double, depth: Double, side: Int, from resizeShortSide: Int,
    dropout: Float, _ parameterCount: Int
  ) -> EncoderSpec {
    InvertedResiduals.spec(
      "tf_efficientnet_\(size)", family: "EfficientNet",
      "squeeze-and-excitation, SiLU, TensorFlow's padding, Tan 2019",
      parameterCount: parameterCount,
      input: .imageNet.sized(side, from: resizeShortSide).filtered(by: .bicubic),
      design(
        [
          [.separable(1, stride: 1, 16).squeezing],
          [.inverted(2, stride: 2, expansion: 6, 24).squeezing],
          [.inverted(2, kernel: 5, stride: 2, expansion: 6, 40).squeezing],
          [.inverted(3, stride: 2, expansion: 6, 80).squeezing],
          [.inverted(3, kernel: 5, stride: 1, expansion: 6, 112).squeezing],
          [.inverted(4, kernel: 5, stride: 2, expansion: 6, 192).squeezing],
          [.inverted(1, stride: 1, expansion: 6, 320).squeezing],
        ], outputs: WidthScaling.divisible(1280 * width), width: width, depth: depth,
        dropout: dropout))
  }

  // MARK: - The second version

  private static let base: [EncoderSpec] = [
    base("b0", width: 1, depth: 1, side: 192, from: 219, 7_139_704),
    base("b1", width: 1, depth: 1.1, side: 192, from: 217, 8_141_052),
    base("b2", width: 1.1, depth: 1.2, side: 208, from: 233, 10_096_086),
    base("b3", width: 1.2, depth: 1.4, side: 240, from: 266, isPlusMinusOne: true, 14_358_406),
  ]

  private static func base(
    _ size: String, width: Double, depth: Double, side: Int, from resizeShortSide: Int,
    isPlusMinusOne: Bool = false, _ parameterCount: Int
  ) -> EncoderSpec {
    var design = design(
      [
        [.plain(1, kernel: 3, stride: 1, 16, skips: true)],
        [.fused(2, stride: 2, expansion: 4, 32)], [.fused(2, stride: 2, expansion: 4, 48)],
        [.inverted(3, stride: 2, expansion: 4, 96).squeezing],
        [.inverted(5, stride: 1, expansion: 6, 112).squeezing],
        [.inverted(8, stride: 2, expansion: 6, 192).squeezing],
      ], outputs: WidthScaling.divisible(1280 * width, limit: 0), width: width, depth: depth,
      dropout: 0.2)
    design.widthLimit = 0
    let input = ImageInput.imageNet.sized(side, from: resizeShortSide).filtered(by: .bicubic)
    return second(
      size, parameterCount, isPlusMinusOne ? input.normalizedToUnit() : input, design)
  }

  private static let second: [EncoderSpec] = [
    second(
      "s", 21_458_488, .plusMinusOne(side: 300, from: 300, filter: .bicubic),
      design(
        [
          [.plain(2, kernel: 3, stride: 1, 24, skips: true)],
          [.fused(4, stride: 2, expansion: 4, 48)], [.fused(4, stride: 2, expansion: 4, 64)],
          [.inverted(6, stride: 2, expansion: 4, 128).squeezing],
          [.inverted(9, stride: 1, expansion: 6, 160).squeezing],
          [.inverted(15, stride: 2, expansion: 6, 256).squeezing],
        ], stem: 24, outputs: 1280, dropout: 0.2)),
    second(
      "m", 54_139_356, .plusMinusOne(side: 384, from: 384, filter: .bicubic),
      design(
        [
          [.plain(3, kernel: 3, stride: 1, 24, skips: true)],
          [.fused(5, stride: 2, expansion: 4, 48)], [.fused(5, stride: 2, expansion: 4, 80)],
          [.inverted(7, stride: 2, expansion: 4, 160).squeezing],
          [.inverted(14, stride: 1, expansion: 6, 176).squeezing],
          [.inverted(18, stride: 2, expansion: 6, 304).squeezing],
          [.inverted(5, stride: 1, expansion: 6, 512).squeezing],
        ], stem: 24, outputs: 1280, dropout: 0.3)),
    second(
      "l", 118_515_272, .plusMinusOne(side: 384, from: 384, filter: .bicubic),
      design(
        [
          [.plain(4, kernel: 3, stride: 1, 32, skips: true)],
          [.fused(7, stride: 2, expansion: 4, 64)], [.fused(7, stride: 2, expansion: 4, 96)],
          [.inverted(10, stride: 2, expansion: 4, 192).squeezing],
          [.inverted(19, stride: 1, expansion: 6, 224).squeezing],
          [.inverted(25, stride: 2, expansion: 6, 384).squeezing],
          [.inverted(7, stride: 1, expansion: 6, 640).squeezing],
        ], outputs: 1280, dropout: 0.4)),
  ]

  private static func second(
    _ size: String, _ parameterCount: Int, _ input: ImageInput, _ design: InvertedResiduals.Design
  ) -> EncoderSpec {
    InvertedResiduals.spec(
      "tf_efficientnetv2_\(size)", family: "EfficientNet",
      "fused and depthwise inverted residuals, TensorFlow's padding, Tan 2021",
      parameterCount: parameterCount, input: input, design)
  }

  private static func design(
    _ stages: [[InvertedResiduals.Row]], stem: Int = 32, outputs: Int, width: Double = 1,
    depth: Double = 1, dropout: Float
  ) -> InvertedResiduals.Design {
    InvertedResiduals.Design(
      stages: stages, stem: stem, activation: .silu, ending: .convolution(outputs), width: width,
      depth: depth, isOfTensorFlow: true, dropout: dropout, dropPath: 0.2)
  }
}
