import GraftBase

/// The operations that a policy draws from.
package struct PolicySet: Sendable {
  package let operations: [PolicyOperation]
  /// How often each is drawn, without replacement; nil draws all alike and with replacement.
  package let weights: [Double]?

  private init(_ operations: [PolicyOperation]) {
    self.operations = operations
    weights = nil
  }

  private init(weighted operations: KeyValuePairs<PolicyOperation, Double>) {
    self.operations = operations.map(\.key)
    weights = operations.map(\.value)
  }

  /// The 14 of RandAugment and TrivialAugment.
  static let torchvision = PolicySet([
    .identity, .shearX, .shearY, .translateX, .translateY, .rotate, .brightness, .color,
    .contrast, .sharpness, .posterize, .solarize, .autocontrast, .equalize,
  ])

  /// timm's 15 for RandAugment.
  static let timm = PolicySet([
    .autocontrast, .equalize, .invert, .rotate, .posterize, .solarize, .solarizeAdd, .color,
    .contrast, .brightness, .sharpness, .shearX, .shearY, .translateX, .translateY,
  ])

  /// The 16 of RandAugment as published for TPUs.
  static let tpu = PolicySet([
    .autocontrast, .equalize, .invert, .rotate, .posterize, .solarize, .color, .contrast,
    .brightness, .sharpness, .shearX, .shearY, .translateX, .translateY, .cutout, .solarizeAdd,
  ])

  /// timm's `tweights`, by what the paper says each operation gains.
  static let timmWeighted = PolicySet(weighted: [
    .rotate: 3, .shearX: 2, .shearY: 2, .translateX: 1, .translateY: 1, .color: 0.25,
    .sharpness: 0.25, .autocontrast: 0.25, .solarize: 0.05, .solarizeAdd: 0.05, .contrast: 0.05,
    .brightness: 0.05, .equalize: 0.05, .posterize: 0.05, .invert: 0.05,
  ])

  /// The three of DeiT III (Touvron et al., 2022): timm's `t3a`.
  static let threeAugment = PolicySet([.solarize, .desaturate, .blur])

  /// timm's `t3aw`, mostly those three.
  static let threeAugmentWeighted = PolicySet(weighted: [
    .solarize: 6, .desaturate: 6, .blur: 6, .rotate: 3, .shearX: 2, .shearY: 2, .posterize: 1,
    .autocontrast: 1, .color: 1, .sharpness: 1, .contrast: 1, .brightness: 1, .equalize: 1,
    .invert: 1,
  ])

  /// The 9 of AugMix, which share nothing with the corruptions of ImageNet-C.
  static let augmix = PolicySet([
    .autocontrast, .equalize, .posterize, .rotate, .solarize, .shearX, .shearY, .translateX,
    .translateY,
  ])

  /// The 13 of AugMix with colors.
  static let augmixAll = PolicySet(
    augmix.operations + [.color, .contrast, .brightness, .sharpness])
}

extension PolicySet {
  /// Draws one operation, each as likely.
  func draw(_ random: inout RandomStream) -> PolicyOperation {
    operations[random.integer(in: 0...(operations.count - 1))]
  }

  /// Draws `count` operations; without replacement at most as many as there are.
  func draw(_ count: Int, _ random: inout RandomStream) -> [PolicyOperation] {
    guard var weights else { return (0..<count).map { _ in draw(&random) } }
    return (0..<min(count, operations.count)).map { _ in
      let index = random.index(weights: weights)
      weights[index] = 0
      return operations[index]
    }
  }
}
