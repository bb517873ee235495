import GraftBase
import GraftEngine
import Testing

@testable import GraftModels

/// Networks of two blocks that reference_models.py has under the same names, trained for 48 pixels.
struct SmallTransformer: CustomTestStringConvertible, Sendable {
  let spec: EncoderSpec
  var testDescription: String { spec.name }

  static let all = [vit, dino, clip, swin(isSecond: false), swin(isSecond: true)]

  private static func form(width: Int, heads: Int) -> VisionTransformer.Form {
    .init(patch: 8, side: 48, width: width, depth: 2, heads: heads)
  }

  private static func transformer(
    _ name: String, _ form: VisionTransformer.Form, _ names: VisionTransformer.Names
  ) -> SmallTransformer {
    SmallTransformer(
      spec: VisionTransformer.spec(
        name, form, names, parameters: 0, input: .imageNet.sized(64, from: 64), summary: ""))
  }

  private static let vit = transformer("small_vit", form(width: 32, heads: 2), .torchvision)

  private static let dino: SmallTransformer = {
    var form = Self.form(width: 48, heads: 3)
    form.registers = 4
    form.layerScale = 1e-5
    return transformer("small_dino", form, .timm)
  }()

  private static let clip: SmallTransformer = {
    var form = Self.form(width: 32, heads: 2)
    form.hasOpeningNorm = true
    form.epsilon = 1e-5
    form.activation = .quickGELU
    return transformer("small_clip", form, .timm)
  }()

  private static func swin(isSecond: Bool) -> SmallTransformer {
    let form = Swin.Form(
      isSecond: isSecond, width: 16, depths: [2, 2, 2], heads: [1, 2, 4], dropRate: 0.1, window: 4)
    return SmallTransformer(
      spec: Swin.spec(
        isSecond ? "small_swin_v2" : "small_swin", form, 0, .imageNet.sized(56, from: 56), ""))
  }
}
