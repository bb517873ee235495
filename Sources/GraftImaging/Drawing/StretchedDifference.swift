import GraftBase

/// How far two images of one size are apart in each value of each pixel, made visible.
package struct StretchedDifference {
  /// The distances, multiplied so that the largest is 255; black where there is none.
  package let image: Image
  /// By how much they were multiplied; nil where the images are equal.
  package let factor: Double?

  /// Of images of different sizes the first is resized to the second.
  package init(_ original: Image, _ changed: Image) {
    let channels = max(original.channels, changed.channels)
    let changed = changed.converted(toChannels: channels)
    var original = original.converted(toChannels: channels)
    if original.size != changed.size { original = original.resized(to: changed.size) }
    var distances = changed
    var largest: UInt8 = 0
    for index in distances.pixels.indices {
      let (a, b) = (original.pixels[index], changed.pixels[index])
      let distance = a > b ? a - b : b - a
      distances.pixels[index] = distance
      largest = max(largest, distance)
    }
    guard largest > 0 else {
      image = distances
      factor = nil
      return
    }
    let stretch = 255 / Double(largest)
    let table = (0...255).map { UInt8(min((Double($0) * stretch).rounded(), 255)) }
    for index in distances.pixels.indices {
      distances.pixels[index] = table[Int(distances.pixels[index])]
    }
    image = distances
    factor = stretch
  }

  /// For a caption: `difference ×1.8`.
  package var text: String {
    factor.map { "difference ×\($0.fixedText($0 < 9.95 ? 1 : 0))" } ?? "no difference"
  }
}
