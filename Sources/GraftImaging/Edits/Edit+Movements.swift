import GraftBase

// The movements that operations and policies share.

extension Edit {
  /// All of an image of `from`, or the box `crop` of it, at another size.
  static func resize(
    from: ImageSize, to size: ImageSize, filter: ResizeFilter, crop: ImageBox? = nil,
    keeping window: ImageBox? = nil
  ) -> Edit {
    .move(.resize(from: from, to: size, filter: filter, crop: crop, keeping: window))
  }

  /// Sees an image through a map, on an image of `size`.
  static func warp(
    _ map: WarpMap, size: ImageSize, filter: WarpFilter, border: Border = .constant,
    fill: FillColor
  ) -> Edit {
    .move(.warp(.init(map: map, size: size, filter: filter, border: border, fill: fill)))
  }

  /// Moves the content of an image of `size` to the right by `x` pixels and down by `y`.
  static func shift(
    x: Int, y: Int, size: ImageSize, border: Border = .constant, fill: FillColor
  ) -> Edit {
    let box = ImageBox(x: -x, y: -y, width: size.width, height: size.height)
    return .move(.window(box, border: border, fill: fill))
  }

  /// Turns an image of `size` about its middle, counter-clockwise for positive angles.
  ///
  /// Equal to Pillow's `rotate`: half turns, and quarter turns of square or expanding images,
  /// move pixels without any reading between them.
  static func rotation(
    degrees: Double, size: ImageSize, expands: Bool = false, filter: WarpFilter = .nearest,
    border: Border = .constant, fill: FillColor = .black
  ) -> Edit {
    let remainder = degrees.truncatingRemainder(dividingBy: 360)
    let angle = remainder < 0 ? remainder + 360 : remainder
    let turnsExactly = expands || size.width == size.height
    switch angle {
    case 0: return .move(.orient(.upright))
    case 180: return .move(.orient(.rotatedBy180))
    case 90 where turnsExactly: return .move(.orient(.rotatedBy90))
    case 270 where turnsExactly: return .move(.orient(.rotatedBy270))
    default:
      let (map, outputSize) = AffineMap.rotation(degrees: angle, size: size, expands: expands)
      return .warp(
        .affine(map), size: outputSize, filter: filter, border: border, fill: fill)
    }
  }
}
