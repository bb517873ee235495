import GraftImaging
import GraftTraining

/// An attribution as people see it: regions as colors over the image, pixels as colors alone, a projection as
/// colors around gray.
struct AttributionImage {
  let attribution: Attribution

  /// Drawn for `image`, a square that the model sees.
  func drawn(over image: Image) -> Image {
    let side = image.width
    if attribution.kind == .projection {
      return Self.pattern(attribution.values, side: side, channels: attribution.channels)
    }
    let values = attribution.pixels(side: side)
    // A few extreme pixels would leave the others without color.
    let largest = values.magnitude(ofShare: attribution.kind == .regions ? 1 : 0.99)
    var result = image.converted(toChannels: 1).converted(toChannels: 3)
    for (pixel, value) in values.enumerated() {
      let share = largest > 0 ? max(-1, min(1, value / largest)) : 0
      let color =
        attribution.isSigned
        ? ColorScale.diverging.color(at: (share + 1) / 2) : ColorScale.heat.color(at: share)
      // Places that count for nothing keep the image.
      let weight: Float =
        attribution.kind != .regions
        ? 1 : attribution.isSigned ? 0.75 * abs(share) : 0.25 + 0.5 * share
      for channel in 0..<3 {
        let gray = Float(result.pixels[3 * pixel + channel])
        result.pixels[3 * pixel + channel] = UInt8(
          (gray * (1 - weight) + color[channel] * weight).rounded())
      }
    }
    return result
  }

  /// Values of pixels as colors around gray, which is 0; of many values, a few extreme ones are cut off.
  static func pattern(_ values: [Float], side: Int, channels: Int) -> Image {
    let shown = channels == 3 ? 3 : 1
    var image = Image(width: side, height: side, channels: shown)
    let seen = values.filter { $0 != 0 }
    let largest = seen.magnitude(ofShare: seen.count < 256 ? 1 : 0.995)
    for pixel in 0..<side * side {
      for channel in 0..<shown {
        let share = largest > 0 ? values[pixel * channels + channel] / largest : 0
        image.pixels[pixel * shown + channel] = UInt8(
          (127.5 + 127.5 * max(-1, min(1, share))).rounded())
      }
    }
    return image
  }
}

extension [Float] {
  /// The magnitude that this share of the values does not exceed; that of the largest where it would be 0.
  fileprivate func magnitude(ofShare share: Double) -> Float {
    let sorted = map(abs).sorted()
    guard let last = sorted.last else { return 0 }
    let place = sorted[Swift.min(sorted.count - 1, Int(share * Double(sorted.count - 1)))]
    return place > 0 ? place : last
  }
}
