import GraftBase
import GraftEngine

/// The encoder-decoder with skips (Ronneberger et al., 2015), up to its last map of features, which
/// has one vector per pixel: a head is one 1×1 convolution on it.
package struct UNet: Encoder {
  /// The differences between the U-Nets.
  package struct Form: Sendable {
    /// Channels of each level, the bottleneck last.
    package var widths: [Int]
    /// 1 keeps the size; without padding 572×572 pixels give 388×388, and skips are cropped.
    package var padding = 1
    /// How the decoder up-samples to a finer level: transposed convolution 2×2 to half the
    /// channels, or nearest up-sampling.
    package var isTransposed = true
    /// Dropout between the two convolutions of each level.
    package var dropout: Float = 0
    /// Dropout at the end of the contracting path.
    package var bottleneckDropout: Float = 0
  }

  private let contracting: [Level]
  private let pools: [PlainLayer]
  private let expanding: [(level: Level, scope: Scope, up: TransposedConvolution?)]
  private let dropout: PlainLayer?
  private let isCropped: Bool

  package init(_ scope: Scope, channels: Int, form: Form) {
    let depth = form.widths.count - 1
    var inputs = channels
    contracting = form.widths.enumerated().map { index, width in
      defer { inputs = width }
      let name = index == depth ? "bottleneck" : "enc\(index + 1)"
      return Level(scope[name], from: inputs, to: width, form)
    }
    pools = (0..<depth).map { .halving(scope["enc\($0 + 1)"]["pool"]) }
    expanding = (0..<depth).reversed().map { index in
      let place = scope["dec\(index + 1)"]
      let (below, width) = (form.widths[index + 1], form.widths[index])
      let up =
        form.isTransposed
        ? TransposedConvolution(place["up"], from: below, to: width, kernel: 2, stride: 2) : nil
      return (Level(place, from: (up == nil ? below : width) + width, to: width, form), place, up)
    }
    dropout =
      form.bottleneckDropout > 0
      ? .dropout(scope["bottleneck"]["end"], rate: form.bottleneckDropout) : nil
    isCropped = form.padding == 0
  }

  package func callAsFunction(_ image: Value) throws -> Value {
    var skips: [Value] = []
    var x = try contracting[0](image)
    for (pool, level) in zip(pools, contracting.dropFirst()) {
      skips.append(x)
      x = try level(pool(x))
    }
    if let dropout { x = try dropout(x) }
    for (step, skip) in zip(expanding, skips.reversed()) {
      let scope = step.scope
      let up =
        try step.up?(x) ?? PlainLayer.upsample(scope["up"], .nearest, .times(2))(x)
      let joined =
        isCropped ? try PlainLayer.centerCrop(scope["crop"], .ofSecondInput)(skip, up) : skip
      x = try step.level(PlainLayer.concatenation(scope["concat"])(up, joined))
    }
    return x
  }

  /// Two 3×3 convolutions with ReLU.
  private struct Level {
    let convolutions: [Convolution]
    let activations: [PlainLayer]
    let dropout: PlainLayer?

    init(_ scope: Scope, from inputs: Int, to outputs: Int, _ form: Form) {
      convolutions = [inputs, outputs].enumerated().map { index, width in
        Convolution(
          scope["conv\(index + 1)"], from: width, to: outputs, kernel: 3, padding: form.padding,
          hasBias: true, start: .kaimingNormalByInputs)
      }
      activations = (1...2).map { .relu(scope["relu\($0)"]) }
      dropout = form.dropout > 0 ? .dropout(scope["dropout"], rate: form.dropout) : nil
    }

    func callAsFunction(_ x: Value) throws -> Value {
      let inner = try activations[0](convolutions[0](x))
      return try activations[1](convolutions[1](dropout?(inner) ?? inner))
    }
  }
}

extension UNet {
  package static let specs = [
    spec(
      "unet", "encoder-decoder with skips, Ronneberger 2015, padded to keep the size",
      parameterCount: 31_030_658, side: 256,
      Form(widths: [64, 128, 256, 512, 1024], bottleneckDropout: 0.5)),
    spec(
      "unet_valid", "the same without padding, 572 pixels to 388, Ronneberger 2015",
      parameterCount: 31_030_658, side: 572,
      Form(widths: [64, 128, 256, 512, 1024], padding: 0, bottleneckDropout: 0.5)),
    spec(
      "unet_retina", "small U-Net for vessels of the retina, patches of 48 pixels",
      parameterCount: 471_010, side: 48,
      Form(widths: [32, 64, 128], isTransposed: false, dropout: 0.2), hasReLU: true),
  ]

  static func spec(
    _ name: String, _ summary: String, parameterCount: Int, side: Int, _ form: Form,
    hasReLU: Bool = false
  ) -> EncoderSpec {
    let depth = form.widths.count - 1
    let width = form.widths[0]
    return EncoderSpec(
      name: name, family: "U-Net", summary: summary, parameterCount: parameterCount,
      stages: (1...depth).map { .init("enc\($0)", "enc\($0)") }
        + [.init("bottleneck", "bottleneck")]
        + (1...depth).reversed().map { .init("dec\($0)", "dec\($0)") },
      featureWidth: width,
      input: .gray(side: side),
      classifierPrefix: ["head"], linearHeadPath: "head", ownClassCount: 2,
      makeEncoder: { UNet($0, channels: $1, form: form) },
      makeOwnHead: { scope, classCount in
        PixelHead(scope, at: scope["head"], from: width, to: classCount, hasReLU: hasReLU)
      }, ownTask: .segmentation)
  }
}
