import GraftBase
import GraftEngine

/// EfficientNets without squeeze-and-excitation and with ReLU6, for processors of phones (Liu, 2020):
/// timm's, and with TensorFlow's padding those that Google published.
enum EfficientNetLite {
  static let specs: [EncoderSpec] = [
    spec("lite0", width: 1, depth: 1, side: 224, from: 256, dropout: 0.2, 4_652_008),
    spec("lite1", width: 1, depth: 1.1, side: 240, from: 272, dropout: 0.2, 5_416_680),
    spec("lite2", width: 1.1, depth: 1.2, side: 260, from: 292, dropout: 0.3, 6_092_072),
    spec("lite3", width: 1.2, depth: 1.4, side: 300, from: 331, dropout: 0.3, 8_197_096),
    spec("lite4", width: 1.4, depth: 1.8, side: 380, from: 412, dropout: 0.3, 13_006_568),
    spec("lite0", tf: .bicubic, width: 1, depth: 1, side: 224, from: 256, dropout: 0.2, 4_652_008),
    spec(
      "lite1", tf: .bicubic, width: 1, depth: 1.1, side: 240, from: 272, dropout: 0.2, 5_416_680),
    spec(
      "lite2", tf: .bicubic, width: 1.1, depth: 1.2, side: 260, from: 292, dropout: 0.3, 6_092_072),
    spec(
      "lite3", tf: .bilinear, width: 1.2, depth: 1.4, side: 300, from: 331, dropout: 0.3, 8_197_096),
    spec(
      "lite4", tf: .bilinear, width: 1.4, depth: 1.8, side: 380, from: 413, dropout: 0.3, 13_006_568
    ),
  ]

  /// - Parameter tf: the filter of images for TensorFlow's weights; nil is the network of PyTorch's.
  private static func spec(
    _ size: String, tf: ResizeFilter? = nil, width: Double, depth: Double, side: Int,
    from resizeShortSide: Int, dropout: Float, _ parameterCount: Int
  ) -> EncoderSpec {
    var design = InvertedResiduals.Design(
      stages: [
        [.separable(1, stride: 1, 16)], [.inverted(2, stride: 2, expansion: 6, 24)],
        [.inverted(2, kernel: 5, stride: 2, expansion: 6, 40)],
        [.inverted(3, stride: 2, expansion: 6, 80)],
        [.inverted(3, kernel: 5, stride: 1, expansion: 6, 112)],
        [.inverted(4, kernel: 5, stride: 2, expansion: 6, 192)],
        [.inverted(1, stride: 1, expansion: 6, 320)],
      ],
      activation: .relu6, ending: .convolution(1280), width: width, keepsStemWidth: true,
      depth: depth, keepsEndDepths: true)
    design.isOfTensorFlow = tf != nil
    design.dropout = dropout
    design.dropPath = 0.2
    return InvertedResiduals.spec(
      (tf == nil ? "" : "tf_") + "efficientnet_\(size)", family: "EfficientNet",
      "no squeeze-and-excitation, ReLU6" + (tf == nil ? "" : ", TensorFlow's padding")
        + ", Liu 2020",
      parameterCount: parameterCount,
      input: tf.map { .plusMinusOne(side: side, from: resizeShortSide, filter: $0) }
        ?? .imageNet.sized(side, from: resizeShortSide).filtered(by: .bicubic), design)
  }
}
