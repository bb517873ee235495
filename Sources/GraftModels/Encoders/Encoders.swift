import Foundation
import GraftBase

/// The registry of encoders.
package enum Encoders {
  package static let all: [EncoderSpec] =
    ResNetCIFAR.specs + ResNet.specs + MobileNetV2.specs + SqueezeNet.specs
    + MobileNetV1.specs + MobileNetV3.specs + EfficientNet.specs + ShuffleNetV2.specs
    + MNASNet.specs + ConvNeXt.specs + Xception.specs + NASNet.specs + UNet.specs + classics
    + RegNet.specs + ConvNeXtV2.specs + MobileNetTimm.specs + MobileNetV4.specs
    + EfficientNetLite.specs + EfficientNetTF.specs
    + transformers

  /// From LeNet to the last Inception.
  private static let classics: [EncoderSpec] = [
    LeNet.specs, AlexNet.specs, NiN.specs, VGG.specs, TinyVGG.specs, GoogLeNet.specs,
    InceptionV2.specs, InceptionV3.specs, InceptionV4.specs, ResNetV2.specs, DenseNet.specs,
    FractalNet.specs,
  ].flatMap { $0 }

  /// Networks of attention.
  private static let transformers: [EncoderSpec] =
    VisionTransformer.torchvisionSpecs + VisionTransformer.timmSpecs + Swin.specs

  /// `EncoderSpec.parameterShapes` by name.
  static let parameterShapes = Dictionary(
    uniqueKeysWithValues: all.map { ($0.name, $0.parameterShapes) })

  /// The encoder of that name, cut after a stage (`resnet18 until=layer3`), without batch norms
  /// (`resnet18 folded`), with TensorFlow's padding (`mobilenet_v2 padding=same`), or of a formula
  /// (`net("…")`); an unknown name is answered with the nearest.
  package static func named(_ name: String) throws -> EncoderSpec {
    if name.hasSuffix(EncoderSpec.foldMark) {
      return try named(String(name.dropLast(EncoderSpec.foldMark.count))).folded()
    }
    if name.hasSuffix(EncoderSpec.samePaddingMark) {
      return try named(String(name.dropLast(EncoderSpec.samePaddingMark.count))).paddedSame()
    }
    if let mark = name.range(of: EncoderSpec.cutMark) {
      return try named(String(name[..<mark.lowerBound]))
        .cut(behind: String(name[mark.upperBound...]))
    }
    if let spec = all.first(where: { $0.name == name }) { return spec }
    if let spec = try Net.spec(named: name) { return spec }
    let names = all.map(\.name)
    let list = names.joined(separator: ", ")
    let nearest = NearestName.of(name, among: names)
    let help = nearest.map { "did you mean '\($0)'? There are: \(list)" } ?? "there are: \(list)"
    throw GraftError(
      .usage, "there is no encoder '\(name.escapingControlCharacters)'", help: help)
  }
}
