import GraftBase

/// The published rules by which a strength becomes an operation's amount.
///
/// A strength of 0...1 spans the range of a rule; timm's go beyond 1 where `mmax` allows it.
package enum PolicyMagnitudes: CaseIterable, Sendable {
  /// AutoAugment and RandAugment as torchvision has them.
  case torchvision
  /// TrivialAugmentWide (Müller and Hutter, 2021) as torchvision has it.
  case wide
  /// AugMix (Hendrycks et al., 2020) as its authors published it.
  case augmix
  /// AugMix as torchvision has it.
  case torchvisionAugmix
  /// timm's: posterize and solarize weaken as the strength grows, enhancements run from 0.1 to 1.9.
  case timm
  /// timm's with the posterize of the AutoAugment paper: 4 to 8 bits.
  case timmOriginal
  /// timm's with a posterize that strengthens: 4 to 0 bits.
  case timmResearch
  /// RandAugment as its authors ran it on TPUs (Cubuk et al., 2020): shifts and squares in pixels, no
  /// upper bound, posterize and solarize weaken as the strength grows.
  case tpu
  /// timm's `inc1`: all that has a direction strengthens.
  case timmIncreasing

  /// Whether a coin decides the direction.
  func isSigned(_ operation: PolicyOperation) -> Bool {
    operation.isWarp || operation.isEnhancement && enhancementsAreSigned
  }

  /// The amount of `operation` in `PolicyStep.amount`'s units, for an image of `size`.
  func amount(
    of operation: PolicyOperation, at strength: Double, isReversed: Bool = false, size: ImageSize
  ) -> Double {
    let sign: Double = isReversed ? -1 : 1
    return switch operation {
    case .shearX, .shearY: sign * shear * strength
    case .translateX: sign * translation(at: strength, side: size.width)
    case .translateY: sign * translation(at: strength, side: size.height)
    case .rotate: sign * angle(at: strength)
    case .brightness, .color, .contrast, .sharpness: enhancement(at: strength, sign: sign)
    case .posterize: min(max(bits(at: strength), 0), 8)
    case .solarize: threshold(at: strength)
    case .solarizeAdd: min((110 * strength).rounded(.down), self == .tpu ? 255 : 128)
    case .desaturate: min(0.5 + 0.5 * strength, 1)
    case .blur: min(0.1 + 1.9 * strength, 2)
    case .cutout: (40 * strength).rounded(.down)
    case .identity, .autocontrast, .equalize, .invert: 0
    }
  }

  /// A step at `strength`; draws the direction, or the middle of a square, as the references do after
  /// all else.
  func step(
    _ operation: PolicyOperation, at strength: Double, size: ImageSize, filter: WarpFilter,
    random: inout RandomStream
  ) -> PolicyStep {
    let isReversed = isSigned(operation) && random.gate(0.5)
    var step = PolicyStep(
      operation,
      amount(of: operation, at: strength, isReversed: isReversed, size: size), filter: filter)
    if operation == .cutout {
      let y = random.integer(in: 0...(size.height - 1))
      let x = random.integer(in: 0...(size.width - 1))
      let half = Int(step.amount)
      step.box = ImageBox(x: x - half, y: y - half, width: 2 * half, height: 2 * half)
    }
    return step
  }
}

// MARK: - Rules

extension PolicyMagnitudes {
  private var enhancementsAreSigned: Bool {
    switch self {
    case .torchvision, .wide, .torchvisionAugmix, .timmIncreasing: true
    case .augmix, .timm, .timmOriginal, .timmResearch, .tpu: false
    }
  }

  private var shear: Double { self == .wide ? 0.99 : 0.3 }

  private func translation(at strength: Double, side: Int) -> Double {
    let side = Double(side)
    return switch self {
    case .torchvision: (150.0 / 331 * side * strength).rounded(.towardZero)
    case .wide: (32 * strength).rounded(.towardZero)
    case .tpu: 100 * strength
    case .augmix, .torchvisionAugmix: (side / 3 * strength).rounded(.towardZero)
    case .timm, .timmOriginal, .timmResearch, .timmIncreasing: 0.45 * strength * side
    }
  }

  private func angle(at strength: Double) -> Double {
    switch self {
    case .wide: 135 * strength
    case .augmix: (30 * strength).rounded(.towardZero)
    default: 30 * strength
    }
  }

  /// The factor less 1.
  private func enhancement(at strength: Double, sign: Double) -> Double {
    switch self {
    case .wide: sign * 0.99 * strength
    case .torchvision, .torchvisionAugmix: sign * 0.9 * strength
    case .timmIncreasing: max(sign * 0.9 * strength, -0.9)
    case .augmix, .timm, .timmOriginal, .timmResearch, .tpu: 1.8 * strength - 0.9
    }
  }

  private func bits(at strength: Double) -> Double {
    switch self {
    case .torchvision: 8 - (4 * strength).rounded(.toNearestOrEven)
    case .wide: 8 - (6 * strength).rounded(.toNearestOrEven)
    case .torchvisionAugmix: 4 - (4 * strength).rounded(.toNearestOrEven)
    case .timm, .tpu: (4 * strength).rounded(.down)
    case .timmOriginal: 4 + (4 * strength).rounded(.down)
    case .augmix, .timmResearch, .timmIncreasing: 4 - (4 * strength).rounded(.down)
    }
  }

  private func threshold(at strength: Double) -> Double {
    switch self {
    case .torchvision, .wide, .torchvisionAugmix: 255 - 255 * strength
    case .timm, .timmOriginal, .timmResearch, .tpu: min((256 * strength).rounded(.down), 256)
    case .augmix, .timmIncreasing: max(256 - (256 * strength).rounded(.down), 0)
    }
  }
}
