extension Image {
  /// Turns the picture about its middle, counter-clockwise for positive angles.
  ///
  /// Equal to Pillow's `rotate`: half turns, and quarter turns of square or expanding pictures,
  /// move pixels without any reading between them.
  package func rotated(
    byDegrees degrees: Double, expands: Bool = false, filter: WarpFilter = .nearest,
    border: Border = .constant, fill: FillColour = .black
  ) -> Image {
    let remainder = degrees.truncatingRemainder(dividingBy: 360)
    let angle = remainder < 0 ? remainder + 360 : remainder
    let turnsExactly = expands || width == height
    switch angle {
    case 0: return self
    case 180: return rotated(quarterTurns: 2)
    case 90 where turnsExactly: return rotated(quarterTurns: 1)
    case 270 where turnsExactly: return rotated(quarterTurns: 3)
    default:
      let (map, outputSize) = AffineMap.rotation(degrees: angle, size: size, expands: expands)
      return warped(
        by: .affine(map), to: outputSize, filter: filter, border: border, fill: fill)
    }
  }
}
