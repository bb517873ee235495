import GraftBase
import GraftEngine

/// Universal inverted bottlenecks, whose depthwise convolutions stand before or after the expansion (Qin et
/// al., 2024), under timm's names.
enum MobileNetV4 {
  static let specs: [EncoderSpec] = [
    spec(
      "small", 3_774_024, side: 224, from: 256,
      [
        [.plain(1, kernel: 3, stride: 2, 32), .plain(1, kernel: 1, stride: 1, 32)],
        [.plain(1, kernel: 3, stride: 2, 96), .plain(1, kernel: 1, stride: 1, 64)],
        [
          .universal(1, start: 5, 5, stride: 2, expansion: 3, 96),
          .universal(4, start: 0, 3, expansion: 2, 96),
          .universal(1, start: 3, 0, expansion: 4, 96),
        ],
        [
          .universal(1, start: 3, 3, stride: 2, expansion: 6, 128),
          .universal(1, start: 5, 5, expansion: 4, 128),
          .universal(1, start: 0, 5, expansion: 4, 128),
          .universal(1, start: 0, 5, expansion: 3, 128),
          .universal(2, start: 0, 3, expansion: 4, 128),
        ],
        [.plain(1, kernel: 1, stride: 1, 960)],
      ]),
    spec(
      "medium", 9_715_512, side: 256, from: 269,
      [
        [.fused(1, stride: 2, expansion: 4, 48)],
        [
          .universal(1, start: 3, 5, stride: 2, expansion: 4, 80),
          .universal(1, start: 3, 3, expansion: 2, 80),
        ],
        [
          .universal(1, start: 3, 5, stride: 2, expansion: 6, 160),
          .universal(2, start: 3, 3, expansion: 4, 160),
          .universal(1, start: 3, 5, expansion: 4, 160),
          .universal(1, start: 3, 3, expansion: 4, 160),
          .universal(1, start: 3, 0, expansion: 4, 160),
          .universal(1, start: 0, 0, expansion: 2, 160),
          .universal(1, start: 3, 0, expansion: 4, 160),
        ],
        [
          .universal(1, start: 5, 5, stride: 2, expansion: 6, 256),
          .universal(1, start: 5, 5, expansion: 4, 256),
          .universal(2, start: 3, 5, expansion: 4, 256),
          .universal(1, start: 0, 0, expansion: 4, 256),
          .universal(1, start: 3, 0, expansion: 4, 256),
          .universal(1, start: 3, 5, expansion: 2, 256),
          .universal(1, start: 5, 5, expansion: 4, 256),
          .universal(2, start: 0, 0, expansion: 4, 256),
          .universal(1, start: 5, 0, expansion: 2, 256),
        ],
        [.plain(1, kernel: 1, stride: 1, 960)],
      ]),
  ]

  private static func spec(
    _ size: String, _ parameterCount: Int, side: Int, from resizeShortSide: Int,
    _ stages: [[InvertedResiduals.Row]]
  ) -> EncoderSpec {
    InvertedResiduals.spec(
      "mobilenetv4_conv_\(size)", family: "MobileNet", "universal inverted bottlenecks, Qin 2024",
      parameterCount: parameterCount,
      input: .imageNet.sized(side, from: resizeShortSide).filtered(by: .bicubic),
      InvertedResiduals.Design(
        stages: stages, activation: .relu, ending: .hidden(1280, isNormed: true)))
  }
}
