extension Image {
  /// Turns the hue by a share of the circle, -0.5...0.5, in Pillow's 8-bit HSV.
  func withHueTurned(by share: Double) -> Image {
    guard channels == 3 else { return self }
    let turn = UInt8(truncatingIfNeeded: Int(share * 255))
    let count = pixels.count
    return HueSector.all.withUnsafeBufferPointer { sectors in
      HueCase.all.withUnsafeBufferPointer { cases in
        mapped { source, target in
          for index in stride(from: 0, to: count, by: 3) {
            turnHue(source + index, target + index, turn, sectors, cases)
          }
        }
      }
    }
  }
}

/// Where a hue byte lies on the colour wheel.
private struct HueSector {
  /// How far the middle channel lies from the highest towards the lowest.
  var weight: Double
  /// Which channel is the highest, the middle and the lowest.
  var high: Int8
  var middle: Int8
  var low: Int8

  static let all: [HueSector] = (0...255).map { hue in
    let position = Double(hue) * 6.0 / 255.0
    let sixth = Int(position)
    let fraction = Double(Float(position - Double(sixth)))
    let order = [(0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 1, 0), (2, 0, 1), (0, 2, 1)][sixth % 6]
    return HueSector(
      weight: sixth % 2 == 0 ? 1 - fraction : fraction, high: Int8(order.0),
      middle: Int8(order.1), low: Int8(order.2))
  }
}

/// The hue of a pixel by which channel is the highest and which the lowest: base + sign * gap, in
/// sixths, where gap tells how far the middle channel lies from the highest.
private struct HueCase {
  var base: Double
  var sign: Double

  /// At 3 * highest + lowest.
  static let all = [
    HueCase(base: 0, sign: 0), HueCase(base: -1, sign: 1), HueCase(base: 1, sign: -1),
    HueCase(base: 3, sign: -1), HueCase(base: 0, sign: 0), HueCase(base: 1, sign: 1),
    HueCase(base: 3, sign: 1), HueCase(base: 5, sign: -1), HueCase(base: 0, sign: 0),
  ]
}

/// One pixel to HSV bytes, the hue turned, and back; rounded to float32 where Pillow has float32.
@inline(__always)
private func turnHue(
  _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ turn: UInt8,
  _ sectors: UnsafeBufferPointer<HueSector>, _ cases: UnsafeBufferPointer<HueCase>
) {
  let (red, green, blue) = (Int32(source[0]), Int32(source[1]), Int32(source[2]))
  let value = max(red, green, blue)
  let lowest = min(red, green, blue)
  let span = Float(value - lowest)
  let saturation = value == lowest ? 0 : Int32(Double(span / Float(value)) * 255.0)
  guard saturation > 0 else {
    let gray = UInt8(truncatingIfNeeded: value)
    (target[0], target[1], target[2]) = (gray, gray, gray)
    return
  }
  let highIndex = red == value ? 0 : (green == value ? 1 : 2)
  // With two equally low channels either one gives the same hue, but it must not be the highest.
  let lowIndex =
    highIndex == 2 ? (red <= green ? 0 : 1) : (blue == lowest ? 2 : 1 - highIndex)
  let middle = red + green + blue - value - lowest
  let gap = Double(Float(value - middle) / span)
  let hueCase = cases[3 * highIndex + lowIndex]
  let turns = Double(Float(hueCase.base + hueCase.sign * gap)) / 6.0 + 1.0
  let share = Float(turns >= 1 ? turns - 1 : turns)
  let hue = UInt8(truncatingIfNeeded: Int32(Double(share) * 255.0)) &+ turn

  let sector = sectors[Int(hue)]
  let strength = Double(Float(Double(saturation) / 255.0))
  let full = Double(value)
  target[Int(sector.high)] = UInt8(truncatingIfNeeded: value)
  target[Int(sector.middle)] = rounded(full * (1.0 - strength * sector.weight))
  target[Int(sector.low)] = rounded(full * (1.0 - strength))
}

@inline(__always)
private func rounded(_ value: Double) -> UInt8 { UInt8(truncatingIfNeeded: Int32(value + 0.5)) }
