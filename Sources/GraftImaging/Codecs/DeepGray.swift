/// A gray image with the 16-bit samples that its file stores.
struct DeepGray {
  let size: ImageSize
  let orientation: Orientation
  /// Rows from the top, height x width of them.
  let samples: [UInt16]

  /// The largest sample.
  var peak: Int { Int(samples.max() ?? 0) }

  /// The image in 8 bits: the lower end of `range` is black, the upper one white, what lies outside
  /// is clipped.
  func scaled(from range: ClosedRange<Int>) -> Image {
    let low = range.lowerBound
    let length = max(1, range.upperBound - low)
    return image { sample in
      let place = min(max(Int(sample) - low, 0), length)
      return UInt8((2 * 255 * place + length) / (2 * length))
    }
  }

  /// The samples as the numbers of a mask, in 8 bits.
  ///
  /// Programs store class numbers as they are, or as 8-bit images that became 16-bit ones, where
  /// each is 257 times as large. 65535 is 255 in both. Throws for samples that are neither.
  func classNumbers() throws(ImageFault) -> Image {
    let white = UInt16.max
    let isWide = samples.allSatisfy { $0.isMultiple(of: 257) }
    guard !isWide else { return image { UInt8($0 / 257) } }
    if let sample = samples.first(where: { $0 > 255 && $0 != white }) {
      throw ImageFault(
        "it has the 16-bit value \(sample), and class numbers go up to 255",
        help: "store the number of a class in each pixel, in 8 bits")
    }
    return image { $0 == white ? 255 : UInt8($0) }
  }

  private func image(_ value: (UInt16) -> UInt8) -> Image {
    Image(width: size.width, height: size.height, channels: 1, pixels: samples.map(value))
  }
}
