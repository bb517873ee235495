import GraftBase
import GraftImaging

extension Image {
  /// Smooth colored light and shade with some grain, another for each seed: what photographs are to
  /// code that compares images.
  package static func photograph(_ seed: Int, width: Int = 64, height: Int = 48) -> Image {
    var random = RandomStream(seed: UInt64(seed), purpose: .drawing)
    func bytes(_ count: Int) -> [UInt8] {
      (0..<count).map { _ in UInt8(truncatingIfNeeded: random.bits()) }
    }
    let (columns, rows) = (7, 6)
    let coarse = Image(width: columns, height: rows, channels: 3, pixels: bytes(3 * columns * rows))
    var image = coarse.resized(to: ImageSize(width: width, height: height), filter: .bicubic)
    for (place, grain) in bytes(image.pixels.count).enumerated() {
      let value = Int(image.pixels[place]) + Int(grain % 17) - 8
      image.pixels[place] = UInt8(min(max(value, 0), 255))
    }
    return image
  }
}
