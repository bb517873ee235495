/// The operations that automatic policies choose from.
package enum PolicyOperation: String, Codable, CaseIterable, Sendable {
  case identity
  case shearX
  case shearY
  case translateX
  case translateY
  case rotate
  case brightness
  case color
  case contrast
  case sharpness
  case posterize
  case solarize
  case autocontrast
  case equalize
  case invert
  case solarizeAdd
  case desaturate
  case blur
  case cutout

  /// Whether it moves pixels, so that a filter and a fill color matter.
  var isWarp: Bool {
    switch self {
    case .shearX, .shearY, .translateX, .translateY, .rotate: true
    default: false
    }
  }

  /// The blends with a factor around 1.
  var isEnhancement: Bool {
    switch self {
    case .brightness, .color, .contrast, .sharpness: true
    default: false
    }
  }
}
