import GraftBase

extension VisionTransformer {
  package static let torchvisionSpecs: [EncoderSpec] = [
    torchvision("vit_b_16", base(16), 86_567_656),
    torchvision("vit_b_32", base(32), 88_224_232),
    torchvision("vit_l_16", large(16), 304_326_632, from: 242),
    torchvision("vit_l_32", large(32), 306_535_400),
    torchvision("vit_h_14", huge(14), 632_045_800, from: 224, filter: .bicubic),
  ]

  private static func torchvision(
    _ name: String, _ form: Form, _ parameters: Int, from side: Int = 256,
    filter: ResizeFilter = .bilinear
  ) -> EncoderSpec {
    spec(
      name, form, .torchvision, parameters: parameters,
      input: .imageNet.sized(224, from: side).filtered(by: filter),
      summary: "transformer over \(form.patch)×\(form.patch) patches, Dosovitskiy 2020")
  }

  static func tiny(_ patch: Int) -> Form {
    Form(patch: patch, side: 224, width: 192, depth: 12, heads: 3)
  }

  static func small(_ patch: Int) -> Form {
    Form(patch: patch, side: 224, width: 384, depth: 12, heads: 6)
  }

  static func base(_ patch: Int) -> Form {
    Form(patch: patch, side: 224, width: 768, depth: 12, heads: 12)
  }

  static func large(_ patch: Int) -> Form {
    Form(patch: patch, side: 224, width: 1024, depth: 24, heads: 16)
  }

  static func huge(_ patch: Int) -> Form {
    Form(patch: patch, side: 224, width: 1280, depth: 32, heads: 16)
  }
}
