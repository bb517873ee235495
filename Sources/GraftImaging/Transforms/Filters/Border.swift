import GraftBase

/// What lies beyond the border of an image; the words of a `border=` argument.
package enum Border: String, Codable, WordChoice {
  /// One color.
  case constant
  /// The pixel at the edge, again and again: `a a a | a b c`.
  case edge
  /// The image mirrored in the middle of its edge pixel: `c b | a b c`.
  case reflect
  /// The image mirrored behind its edge pixel: `b a | a b c`.
  case symmetric
  /// One color, into which the image fades over the width of a pixel: torchvision's tensors, which
  /// with another fill than black count the image's share of that pixel twice.
  case blend

  /// Which of `count` pixels is seen at `index`, which may lie outside.
  ///
  /// Mirrors go on at any distance. A border of one color has no pixel to show and gives the
  /// edge's.
  func index(_ index: Int, of count: Int) -> Int {
    func remainder(_ period: Int) -> Int { ((index % period) + period) % period }
    switch self {
    case .constant, .blend, .edge: return min(max(index, 0), count - 1)
    case .reflect:
      guard count > 1 else { return 0 }
      let folded = remainder(2 * (count - 1))
      return min(folded, 2 * (count - 1) - folded)
    case .symmetric:
      let folded = remainder(2 * count)
      return min(folded, 2 * count - 1 - folded)
    }
  }

  fileprivate var isOneColor: Bool { self == .constant || self == .blend }

  /// Of operations that move whole pixels.
  static let argument = Argument(
    "border", ArgumentType(.choice(allCases.filter { $0 != .blend }.map(\.rawValue))),
    default: Border.constant, "pixels beyond the edges; constant is the fill color")

  /// Of operations that read between pixels.
  static let warpArgument = Argument(
    "border", .word, default: Border.constant,
    "pixels beyond the edges; constant is the fill color, blend fades into it")
}

extension Image {
  /// The pixels of `box`, continued by `border` where the box leaves the image.
  func window(_ box: ImageBox, border: Border, fill: FillColor) -> Image {
    guard !border.isOneColor, box.clipped(to: size) != box else {
      return window(box, fill: fill)
    }
    let columns = box.columns.map { border.index($0, of: width) * channels }
    let rows = box.rows.map { border.index($0, of: height) * width * channels }
    return Image.drawn(width: box.width, height: box.height, channels: channels) { target in
      pixels.withUnsafeBufferPointer { source in
        var out = 0
        for row in rows {
          for column in columns {
            for channel in 0..<channels { target[out + channel] = source[row + column + channel] }
            out += channels
          }
        }
      }
    }
  }
}
