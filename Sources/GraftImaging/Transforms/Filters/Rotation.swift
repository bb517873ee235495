extension Image {
  /// Turns the picture about its middle, counter-clockwise for positive angles.
  ///
  /// Equal to Pillow's `rotate`: half turns, and quarter turns of square or expanding pictures, move
  /// pixels without any reading between them.
  package func rotated(
    byDegrees degrees: Double, expands: Bool = false, filter: WarpFilter = .nearest,
    fill: FillColour = .black
  ) -> Image {
    let remainder = degrees.truncatingRemainder(dividingBy: 360)
    let angle = remainder < 0 ? remainder + 360 : remainder
    let turnsExactly = expands || width == height
    switch angle {
    case 0: return self
    case 180: return turned(quarterTurns: 2)
    case 90 where turnsExactly: return turned(quarterTurns: 1)
    case 270 where turnsExactly: return turned(quarterTurns: 3)
    default:
      let (map, outputSize) = AffineMap.rotation(degrees: angle, size: size, expands: expands)
      return warped(by: map, to: outputSize, filter: filter, fill: fill)
    }
  }

  /// Turns the picture counter-clockwise by quarter turns, pixel for pixel.
  package func turned(quarterTurns: Int) -> Image {
    let turns = ((quarterTurns % 4) + 4) % 4
    let isUpright = turns % 2 == 0
    let (newWidth, newHeight) = isUpright ? (width, height) : (height, width)
    let (step, last) = (channels, (width - 1, height - 1))
    return Image(width: newWidth, height: newHeight, channels: channels) { target in
      pixels.withUnsafeBufferPointer { source in
        var out = 0
        for y in 0..<newHeight {
          for x in 0..<newWidth {
            let (fromX, fromY) =
              switch turns {
              case 0: (x, y)
              case 1: (last.0 - y, x)
              case 2: (last.0 - x, last.1 - y)
              default: (y, last.1 - x)
              }
            let from = (fromY * width + fromX) * step
            for channel in 0..<step { target[out + channel] = source[from + channel] }
            out += step
          }
        }
      }
    }
  }
}
