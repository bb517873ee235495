import GraftBase

/// The operations that automatic policies choose from.
package enum PolicyOperation: String, Codable, CaseIterable, Sendable {
  case identity
  case shearX
  case shearY
  case translateX
  case translateY
  case rotate
  case brightness
  case colour
  case contrast
  case sharpness
  case posterize
  case solarize
  case autocontrast
  case equalize
  case invert

  /// The 14 of RandAugment and TrivialAugment: all but `invert`.
  static let randAugment = allCases.filter { $0 != .invert }

  /// Whether a coin decides the direction.
  var isSigned: Bool {
    switch self {
    case .shearX, .shearY, .translateX, .translateY, .rotate: true
    case .brightness, .colour, .contrast, .sharpness: true
    case .identity, .posterize, .solarize, .autocontrast, .equalize, .invert: false
    }
  }

  /// The amount at `strength` 0...1 of AutoAugment and RandAugment, in `PolicyStep.amount`'s units.
  func randAugmentAmount(_ strength: Double, size: ImageSize) -> Double {
    switch self {
    case .shearX, .shearY: 0.3 * strength
    case .translateX: (150.0 / 331 * Double(size.width) * strength).rounded(.towardZero)
    case .translateY: (150.0 / 331 * Double(size.height) * strength).rounded(.towardZero)
    case .rotate: 30 * strength
    case .brightness, .colour, .contrast, .sharpness: 0.9 * strength
    case .posterize: 8 - (4 * strength).rounded(.toNearestOrEven)
    case .solarize: 255 * (1 - strength)
    case .identity, .autocontrast, .equalize, .invert: 0
    }
  }
}

/// One operation of a policy with its amount.
package struct PolicyStep: Codable, Equatable, Sendable {
  package var operation: PolicyOperation
  /// Shear factor, pixels to the right or down, degrees, factor minus 1, bits or threshold.
  package var amount: Double

  /// What the step does to a picture of `size`; shears pivot on the top-left corner, as in the
  /// published policies.
  func edits(size: ImageSize, filter: WarpFilter, fill: FillColour) -> [Edit] {
    func sheared(x: Double, y: Double) -> Edit {
      .move(.warp(.shear(x: x, y: y), size: size, filter: filter, fill: fill))
    }
    return switch operation {
    case .identity: []
    case .shearX: [sheared(x: amount, y: 0)]
    case .shearY: [sheared(x: 0, y: amount)]
    case .translateX: [.move(.shift(x: Int(amount), y: 0, size: size, fill: fill))]
    case .translateY: [.move(.shift(x: 0, y: Int(amount), size: size, fill: fill))]
    case .rotate:
      [.move(.rotation(degrees: amount, size: size, filter: filter, fill: fill))]
    case .brightness: [.brightness(1 + amount)]
    case .colour: [.saturation(1 + amount)]
    case .contrast: [.contrast(1 + amount)]
    case .sharpness: [.sharpness(1 + amount)]
    case .posterize: [.recolour("posterize", .posterize(bits: Int(amount)))]
    case .solarize: [.recolour("solarize", .solarize(threshold: amount))]
    case .autocontrast: [.autoContrast]
    case .equalize: [.equalize]
    case .invert: [.recolour("invert", .invert)]
    }
  }

  /// The step for people: `rotate −9.0°`.
  var text: String {
    switch operation {
    case .identity, .autocontrast, .equalize, .invert: operation.rawValue
    case .rotate: "rotate \(amount.signedText(1))°"
    case .brightness, .colour, .contrast, .sharpness:
      "\(operation.rawValue) ×\((1 + amount).signedText())"
    case .translateX, .translateY, .posterize, .solarize:
      "\(operation.rawValue) \(amount.signedText(0))"
    case .shearX, .shearY: "\(operation.rawValue) \(amount.signedText())"
    }
  }
}
