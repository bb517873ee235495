/// The augmentations Graft knows, in the order `help` lists them.
package enum Transforms {
  package static let all: [any Transform.Type] = [
    Flip.self,
    VerticalFlip.self,
    Crop.self,
    ShortSideResize.self,
    Rotate.self,
    Affine.self,
    Shear.self,
    Translate.self,
    ColourJitter.self,
    Brightness.self,
    Contrast.self,
    Saturation.self,
    Hue.self,
    Sharpness.self,
    Gamma.self,
    Posterize.self,
    Solarize.self,
    Invert.self,
    AutoContrast.self,
    Equalize.self,
    Grayscale.self,
    GaussianNoise.self,
    SaltAndPepper.self,
    GaussianBlur.self,
    RandomErasing.self,
    Cutout.self,
    AutoAugment.self,
    RandAugment.self,
    TrivialAugment.self,
    AugMix.self,
  ]

  package static func named(_ name: String) -> (any Transform.Type)? {
    all.first { $0.name == name }
  }
}
