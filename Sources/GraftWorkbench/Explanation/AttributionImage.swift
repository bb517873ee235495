import GraftImaging
import GraftTraining

/// An attribution as people see it: regions as colors over the image, pixels as colors alone, a projection as
/// colors around gray.
struct AttributionImage {
  let attribution: Attribution

  /// Drawn for `image`, a square that the model sees.
  func drawn(over image: Image) -> Image {
    if attribution.kind == .projection, attribution.channels == 3 {
      return Self.pattern(attribution)
    }
    let side = image.width
    let values = attribution.pixels(side: side)
    // A few extreme pixels would leave the others without color.
    let largest = Self.magnitude(values, share: attribution.kind == .regions ? 1 : 0.99)
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

  private static func pattern(_ attribution: Attribution) -> Image {
    var image = Image(width: attribution.columns, height: attribution.rows, channels: 3)
    let largest = magnitude(attribution.values, share: 0.995)
    for (place, value) in attribution.values.enumerated() {
      let share = largest > 0 ? max(-1, min(1, value / largest)) : 0
      image.pixels[place] = UInt8((127.5 + 127.5 * share).rounded())
    }
    return image
  }

  /// The magnitude that this share of the values does not exceed.
  private static func magnitude(_ values: [Float], share: Double) -> Float {
    let sorted = values.map(abs).sorted()
    guard let last = sorted.last else { return 0 }
    let place = sorted[min(sorted.count - 1, Int(share * Double(sorted.count - 1)))]
    return place > 0 ? place : last
  }
}
