/// A palette: the colors that the pixels of an image number.
struct ColorTable: Equatable {
  static let missingColor = "it uses colors that its palette does not have"

  /// Red, green and blue of each.
  private(set) var bytes: [UInt8]

  var count: Int { bytes.count / 3 }

  /// Whether every color is a gray.
  var isGray: Bool {
    stride(from: 0, to: bytes.count, by: 3).allSatisfy { start in
      let color = bytes[start..<start + 3]
      return color.allSatisfy { $0 == bytes[start] }
    }
  }

  init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  /// Fills up with black, as Pillow does, so that there is a color of this number.
  mutating func extend(to index: Int) {
    let missing = 3 * (index + 1) - bytes.count
    if missing > 0 { bytes += [UInt8](repeating: 0, count: missing) }
  }

  /// The image whose pixels are the colors that `indices` number: RGB, or gray with
  /// `givesGray` if all colors are.
  func image(of indices: Image, givesGray: Bool = false) throws(ImageFault) -> Image {
    if let largest = indices.pixels.max(), Int(largest) >= count {
      throw ImageFault(Self.missingColor)
    }
    let (width, height) = (indices.width, indices.height)
    if givesGray && isGray {
      return Image.drawn(width: width, height: height, channels: 1) { output in
        for (position, index) in indices.pixels.enumerated() {
          output[position] = bytes[3 * Int(index)]
        }
      }
    }
    return Image.drawn(width: width, height: height, channels: 3) { output in
      for (position, index) in indices.pixels.enumerated() {
        for channel in 0..<3 { output[position * 3 + channel] = bytes[Int(index) * 3 + channel] }
      }
    }
  }
}
