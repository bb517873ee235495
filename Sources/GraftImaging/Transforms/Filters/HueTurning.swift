extension Image {
  /// Turns the hue by a share of the circle, -0.5...0.5, in Pillow's 8-bit HSV.
  func withHueTurned(by share: Double) -> Image {
    guard channels == 3 else { return self }
    let turn = UInt8(truncatingIfNeeded: Int(share * 255))
    let count = pixels.count
    return HueSector.all.withUnsafeBufferPointer { sectors in
      mapped { source, target in
        for index in stride(from: 0, to: count, by: 3) {
          turnHue(source + index, target + index, turn, sectors)
        }
      }
    }
  }
}

/// Where a hue byte lies on the colour wheel: which sixth, and how far into it.
private struct HueSector {
  var sixth: Int32
  var fraction: Float

  static let all: [HueSector] = (0...255).map { hue in
    let position = Double(hue) * 6.0 / 255.0
    let sixth = position.rounded(.down)
    return HueSector(sixth: Int32(sixth) % 6, fraction: Float(position - sixth))
  }
}

/// One pixel to HSV bytes, the hue turned, and back; float32 where Pillow has float32.
@inline(__always)
private func turnHue(
  _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ turn: UInt8,
  _ sectors: UnsafeBufferPointer<HueSector>
) {
  let (red, green, blue) = (source[0], source[1], source[2])
  let value = max(red, green, blue)
  let span = Float(Int32(value) - Int32(min(red, green, blue)))
  let saturation = span == 0 ? 0 : UInt8(Double(span / Float(value)) * 255.0)
  guard saturation > 0 else {
    (target[0], target[1], target[2]) = (value, value, value)
    return
  }
  let sector = sectors[Int(hue(red, green, blue, value, span) &+ turn)]
  let strength = Float(Double(saturation) / 255.0)
  let full = Double(value)
  let low = rounded(full * (1.0 - Double(strength)))
  let falling = rounded(full * (1.0 - Double(strength) * Double(sector.fraction)))
  let rising = rounded(full * (1.0 - Double(strength) * (1.0 - Double(sector.fraction))))
  switch sector.sixth {
  case 0: (target[0], target[1], target[2]) = (value, rising, low)
  case 1: (target[0], target[1], target[2]) = (falling, value, low)
  case 2: (target[0], target[1], target[2]) = (low, value, rising)
  case 3: (target[0], target[1], target[2]) = (low, falling, value)
  case 4: (target[0], target[1], target[2]) = (rising, low, value)
  default: (target[0], target[1], target[2]) = (value, low, falling)
  }
}

@inline(__always)
private func rounded(_ value: Double) -> UInt8 { UInt8(value + 0.5) }

@inline(__always)
private func hue(
  _ red: UInt8, _ green: UInt8, _ blue: UInt8, _ value: UInt8, _ span: Float
) -> UInt8 {
  let redGap = Float(value - red) / span
  let greenGap = Float(value - green) / span
  let blueGap = Float(value - blue) / span
  let position: Float =
    if red == value {
      blueGap - greenGap
    } else if green == value {
      Float(2.0 + Double(redGap) - Double(blueGap))
    } else {
      Float(4.0 + Double(greenGap) - Double(redGap))
    }
  let turns = Double(position) / 6.0 + 1.0
  let share = Float(turns >= 1 ? turns - 1 : turns)
  return UInt8(truncatingIfNeeded: min(255, Int(Double(share) * 255.0)))
}
