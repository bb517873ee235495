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

  /// The picture after the step; shears pivot on the top-left corner, as in the published policies.
  func applied(to image: Image, filter: WarpFilter, fill: FillColour) -> Image {
    switch operation {
    case .identity: image
    case .shearX: image.warped(by: .shear(x: amount, y: 0), filter: filter, fill: fill)
    case .shearY: image.warped(by: .shear(x: 0, y: amount), filter: filter, fill: fill)
    case .translateX: image.window(image.box(movedX: Int(amount), y: 0), fill: fill)
    case .translateY: image.window(image.box(movedX: 0, y: Int(amount)), fill: fill)
    case .rotate: image.rotated(byDegrees: amount, filter: filter, fill: fill)
    case .brightness: image.withBrightness(1 + amount)
    case .colour: image.withSaturation(1 + amount)
    case .contrast: image.withContrast(1 + amount)
    case .sharpness: image.withSharpness(1 + amount)
    case .posterize: image.applying(.posterize(bits: Int(amount)))
    case .solarize: image.applying(.solarize(threshold: amount))
    case .autocontrast: image.applying(.autoContrast(Histogram(image)))
    case .equalize: image.applying(.equalize(Histogram(image)))
    case .invert: image.applying(.invert)
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

extension Image {
  /// The window that shows the content moved by (x, y) pixels.
  fileprivate func box(movedX x: Int, y: Int) -> ImageBox {
    ImageBox(x: -x, y: -y, width: width, height: height)
  }
}
