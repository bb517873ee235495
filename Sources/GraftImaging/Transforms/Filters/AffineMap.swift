import Foundation

/// Where an output position comes from: x' = a x + b y + c, y' = d x + e y + f.
///
/// Positions are continuous, a pixel's center lies at +0.5; the order of terms is Pillow's.
package struct AffineMap: Codable, Equatable, Sendable {
  package var a: Double
  package var b: Double
  package var c: Double
  package var d: Double
  package var e: Double
  package var f: Double

  package init(_ a: Double, _ b: Double, _ c: Double, _ d: Double, _ e: Double, _ f: Double) {
    (self.a, self.b, self.c) = (a, b, c)
    (self.d, self.e, self.f) = (d, e, f)
  }

  package static let identity = AffineMap(1, 0, 0, 0, 1, 0)

  /// Shears about the top-left corner: a row moves by `x` times its distance from the top, a column
  /// by `y` times its distance from the left.
  package static func shear(x: Double, y: Double) -> AffineMap { AffineMap(1, x, 0, y, 1, 0) }

  /// Shows what lies `x` pixels to the right and `y` below: the content moves left and up.
  package static func shift(x: Double, y: Double) -> AffineMap { AffineMap(1, 0, x, 0, 1, y) }

  @inline(__always)
  func source(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    (a * x + b * y + c, d * x + e * y + f)
  }

  /// Moves the point `center` of the output to the point that it had been given before, less `by`.
  private mutating func recenter(_ center: (x: Double, y: Double), by: (x: Double, y: Double)) {
    (c, f) = source(-center.x - by.x, -center.y - by.y)
    c += center.x
    f += center.y
  }
}

// MARK: - Rotation

extension AffineMap {
  /// Turns an image of `size` about its middle, counter-clockwise for positive angles.
  ///
  /// With `expands` the output grows until nothing is cut off.
  package static func rotation(
    degrees: Double, size: ImageSize, expands: Bool
  ) -> (map: AffineMap, outputSize: ImageSize) {
    let radians = -degrees * (.pi / 180)
    let (cosine, sine) = (roundedTo15Digits(cos(radians)), roundedTo15Digits(sin(radians)))
    let (width, height) = (Double(size.width), Double(size.height))
    var map = AffineMap(cosine, sine, 0, roundedTo15Digits(-sin(radians)), cosine, 0)
    map.recenter((width / 2, height / 2), by: (0, 0))
    guard expands else { return (map, size) }
    let corners = [(0, 0), (width, 0), (width, height), (0, height)].map(map.source)
    let newWidth = extent(corners.map(\.x))
    let newHeight = extent(corners.map(\.y))
    (map.c, map.f) = map.source(
      -Double(newWidth - size.width) / 2, -Double(newHeight - size.height) / 2)
    return (map, ImageSize(width: newWidth, height: newHeight))
  }

  private static func extent(_ values: [Double]) -> Int {
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    return Int(high.rounded(.up)) - Int(low.rounded(.down))
  }

  /// Python's `round(x, 15)`, by way of decimal digits as there.
  private static func roundedTo15Digits(_ value: Double) -> Double {
    Double(String(format: "%.15f", value)) ?? value
  }
}

// MARK: - General affine maps

extension AffineMap {
  /// What torchvision's `affine` composes about the middle of an image: shear, scale, turn, shift.
  ///
  /// Angles in degrees; unlike torchvision's, a positive `degrees` turns counter-clockwise, as it
  /// does everywhere in Graft. A positive shift moves the content right and down.
  package static func composed(
    degrees: Double, shiftX: Double, shiftY: Double, scale: Double, shearX: Double,
    shearY: Double, size: ImageSize
  ) -> AffineMap {
    let turn = -degrees * (.pi / 180)
    let (sx, sy) = (shearX * (.pi / 180), shearY * (.pi / 180))
    let a = cos(turn - sy) / cos(sy)
    let b = -cos(turn - sy) * tan(sx) / cos(sy) - sin(turn)
    let c = sin(turn - sy) / cos(sy)
    let d = -sin(turn - sy) * tan(sx) / cos(sy) + cos(turn)
    var map = AffineMap(d / scale, -b / scale, 0, -c / scale, a / scale, 0)
    map.recenter((Double(size.width) / 2, Double(size.height) / 2), by: (shiftX, shiftY))
    return map
  }
}
