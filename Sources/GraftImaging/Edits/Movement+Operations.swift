extension Movement {
  /// Turns a picture of `size` about its middle, counter-clockwise for positive angles.
  ///
  /// Equal to Pillow's `rotate`: half turns, and quarter turns of square or expanding pictures,
  /// move pixels without any reading between them.
  static func rotation(
    degrees: Double, size: ImageSize, expands: Bool = false, filter: WarpFilter = .nearest,
    fill: FillColour = .black
  ) -> Movement {
    let remainder = degrees.truncatingRemainder(dividingBy: 360)
    let angle = remainder < 0 ? remainder + 360 : remainder
    let turnsExactly = expands || size.width == size.height
    switch angle {
    case 0: return .orient(.upright)
    case 180: return .orient(.rotatedBy180)
    case 90 where turnsExactly: return .orient(.rotatedBy90)
    case 270 where turnsExactly: return .orient(.rotatedBy270)
    default:
      let (map, outputSize) = AffineMap.rotation(degrees: angle, size: size, expands: expands)
      return .warp(map, size: outputSize, filter: filter, fill: fill)
    }
  }

  /// Sees a picture through a map, on a picture of `size`.
  static func warp(
    _ map: AffineMap, size: ImageSize, filter: WarpFilter, fill: FillColour
  ) -> Movement {
    .warp(Warping(map: map, size: size, filter: filter, fill: fill))
  }

  /// Moves the content of a picture of `size` to the right by `x` pixels and down by `y`.
  static func shift(x: Int, y: Int, size: ImageSize, fill: FillColour) -> Movement {
    .window(ImageBox(x: -x, y: -y, width: size.width, height: size.height), fill: fill)
  }
}

extension Image {
  /// The picture turned about its middle; see `Movement.rotation`.
  package func rotated(
    byDegrees degrees: Double, expands: Bool = false, filter: WarpFilter = .nearest,
    fill: FillColour = .black
  ) -> Image {
    Movement.rotation(
      degrees: degrees, size: size, expands: expands, filter: filter, fill: fill
    ).applied(to: self)
  }
}
