import GraftBase

extension VisionTransformer {
  package static let timmSpecs: [EncoderSpec] = augmented + distilled + selfSupervised + contrastive

  /// Trained with augmentation and regularization (Steiner et al., 2021).
  private static let augmented = [
    augmented("vit_tiny_patch16_224", tiny(16), 5_717_416),
    augmented("vit_small_patch16_224", small(16), 22_050_664),
    augmented("vit_small_patch32_224", small(32), 22_878_952),
    augmented("vit_base_patch16_224", base(16), 86_567_656),
    augmented("vit_base_patch32_224", base(32), 88_224_232),
    augmented("vit_large_patch16_224", large(16), 304_326_632),
  ]

  /// Trained on ImageNet alone (Touvron et al., 2020).
  private static let distilled = [
    deit("deit_tiny_patch16_224", tiny(16), 5_717_416),
    deit("deit_small_patch16_224", small(16), 22_050_664),
    deit("deit_base_patch16_224", base(16), 86_567_656),
  ]

  /// Trained without labels on images of 518 pixels at the end (Oquab et al., 2023); registers by Darcet (2023).
  private static let selfSupervised = [
    dino("vit_small_patch14_dinov2", small(14), 22_056_192),
    dino("vit_base_patch14_dinov2", base(14), 86_579_712),
    dino("vit_large_patch14_dinov2", large(14), 304_367_616),
    dino("vit_small_patch14_reg4_dinov2", small(14), registers: 4, 22_057_344),
    dino("vit_base_patch14_reg4_dinov2", base(14), registers: 4, 86_582_016),
    dino("vit_large_patch14_reg4_dinov2", large(14), registers: 4, 304_370_688),
  ]

  /// The image towers of CLIP (Radford et al., 2021): fine-tuned for ImageNet's classes, and as they came, with the
  /// projection to 512 numbers that texts are compared with.
  private static let contrastive = [
    clip("vit_base_patch32_clip_224", base(32), 88_225_000),
    clip("vit_base_patch16_clip_224", base(16), 86_568_424, from: 236),
    clip("vit_base_patch32_clip_quickgelu_224", base(32), 87_849_728, isOriginal: true),
    clip(
      "vit_base_patch16_clip_quickgelu_224", base(16), 86_193_152, from: 224, isOriginal: true),
  ]

  private static func augmented(
    _ name: String, _ form: Form, _ parameters: Int
  ) -> EncoderSpec {
    spec(
      name, form, .timm, parameters: parameters,
      input: .plusMinusOne(side: 224, from: 248, filter: .bicubic),
      summary: "transformer over \(form.patch)×\(form.patch) patches, Steiner 2021")
  }

  private static func deit(_ name: String, _ form: Form, _ parameters: Int) -> EncoderSpec {
    spec(
      name, form, .timm, parameters: parameters,
      input: .imageNet.sized(224, from: 248).filtered(by: .bicubic),
      summary: "the same trained on ImageNet alone, Touvron 2020")
  }

  private static func dino(
    _ name: String, _ form: Form, registers: Int = 0, _ parameters: Int
  ) -> EncoderSpec {
    var form = Form(
      patch: form.patch, side: 518, width: form.width, depth: form.depth, heads: form.heads)
    form.registers = registers
    form.layerScale = 1e-5
    let summary = registers == 0 ? "trained without labels" : "the same with \(registers) registers"
    // The paper's size for features; the embeddings of positions are for 518.
    return spec(
      name, form, .timm, parameters: parameters,
      input: .imageNet.sized(224, from: 256).filtered(by: .bicubic), classes: 0,
      summary: "\(summary), without a classifier, \(registers == 0 ? "Oquab" : "Darcet") 2023")
  }

  private static func clip(
    _ name: String, _ form: Form, _ parameters: Int, from side: Int = 248,
    isOriginal: Bool = false
  ) -> EncoderSpec {
    var form = form
    form.hasOpeningNorm = true
    form.epsilon = 1e-5
    form.activation = isOriginal ? .quickGELU : .gelu
    return spec(
      name, form, .timm, parameters: parameters, input: .clip(from: side),
      classes: isOriginal ? 512 : 1000,
      summary: isOriginal
        ? "image tower of CLIP with its projection, Radford 2021"
        : "image tower of CLIP, fine-tuned for ImageNet, Radford 2021")
  }
}

extension ImageInput {
  /// Images as CLIP takes them.
  fileprivate static func clip(from side: Int) -> ImageInput {
    ImageInput(
      side: 224, resizeShortSide: side, filter: .bicubic,
      mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
      std: [0.268_629_54, 0.261_302_58, 0.275_777_11])
  }
}
