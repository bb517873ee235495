import Foundation

extension Canvas {
  /// An RGB color with opacity, written as in style sheets: `Color(0x2563EB)`.
  package struct Color: Sendable, Hashable {
    package var hex: UInt32
    package var opacity: Double

    package init(_ hex: UInt32, opacity: Double = 1) {
      self.hex = hex
      self.opacity = opacity
    }

    /// Red, green and blue in 0...1.
    package var components: (red: Double, green: Double, blue: Double) {
      (
        Double(hex >> 16 & 255) / 255, Double(hex >> 8 & 255) / 255, Double(hex & 255) / 255
      )
    }

    /// The relative luminance of sRGB (WCAG 2), 0 black to 1 white.
    package var luminance: Double {
      func linear(_ part: Double) -> Double {
        part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
      }
      let (red, green, blue) = components
      return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// The color that lies `share` of the way to another one.
    package func mixed(with other: Color, _ share: Double) -> Color {
      func part(_ shift: UInt32) -> UInt32 {
        let (from, to) = (Double(hex >> shift & 255), Double(other.hex >> shift & 255))
        return UInt32(min(255, max(0, (from + (to - from) * share).rounded()))) << shift
      }
      return Color(
        part(16) | part(8) | part(0), opacity: opacity + (other.opacity - opacity) * share)
    }
  }

  package struct Rectangle: Sendable, Equatable {
    package var x: Double
    package var y: Double
    package var width: Double
    package var height: Double

    package init(x: Double, y: Double, width: Double, height: Double) {
      self.x = x
      self.y = y
      self.width = width
      self.height = height
    }

    package var right: Double { x + width }
    package var bottom: Double { y + height }

    package func contains(x: Double, y: Double) -> Bool {
      x >= self.x && x <= right && y >= self.y && y <= bottom
    }
  }

  /// A size in pixels and a weight.
  package struct Font: Sendable, Hashable {
    package var size: Double
    package var isBold: Bool

    package init(size: Double, isBold: Bool = false) {
      self.size = size
      self.isBold = isBold
    }
  }

  /// Which point of a text its place is.
  package enum Alignment: Sendable { case left, center, right }
}
