/// Images as sixels, DEC's graphics for terminals (VT330/VT340 programmer reference, 1987): bands
/// of six rows, in which each color draws a line of columns.
package enum Sixel {
  /// Shades of each channel: 216 colors of the 256 that terminals have.
  private static let shades = 6

  /// The image as one control sequence; colors are the nearest of an even cube, with the error
  /// passed on to the neighbors (Floyd and Steinberg, 1976).
  package static func render(_ image: Image) -> String {
    let indices = dithered(image.converted(toChannels: 3))
    let bands = stride(from: 0, to: image.height, by: 6).map { row in
      band(indices[(row * image.width)..<(min(row + 6, image.height) * image.width)], image.width)
    }
    return "\u{1B}P0;1q\"1;1;\(image.width);\(image.height)" + palette
      + bands.joined(separator: "-") + "\u{1B}\\"
  }

  /// The declaration of every color, its channels in percent.
  private static let palette = (0..<shades * shades * shades).map { index in
    let channels = [index / (shades * shades), index / shades % shades, index % shades]
    return "#\(index);2;" + channels.map { "\($0 * 100 / (shades - 1))" }.joined(separator: ";")
  }.joined()

  /// The number of each pixel's color.
  private static func dithered(_ image: Image) -> [Int] {
    let (width, step) = (image.width, 255 / (shades - 1))
    // The errors that this row and the next receive, with a pixel more on either side.
    var (own, next) = (
      [Int](repeating: 0, count: (width + 2) * 3), [Int](repeating: 0, count: (width + 2) * 3)
    )
    var indices = [Int](repeating: 0, count: width * image.height)
    for row in 0..<image.height {
      for column in 0..<width {
        for channel in 0..<3 {
          let place = (column + 1) * 3 + channel
          let value = Int(image.pixels[(row * width + column) * 3 + channel]) + own[place] / 16
          let shade = max(0, min(shades - 1, (value + step / 2) / step))
          indices[row * width + column] = indices[row * width + column] * shades + shade
          let error = value - shade * step
          own[place + 3] += 7 * error
          next[place - 3] += 3 * error
          next[place] += 5 * error
          next[place + 3] += error
        }
      }
      own = next
      next = [Int](repeating: 0, count: next.count)
    }
    return indices
  }

  /// Six rows: for each color in them a line of columns, all from the left edge.
  private static func band(_ indices: ArraySlice<Int>, _ width: Int) -> String {
    var masks: [Int: [UInt8]] = [:]
    for (place, index) in indices.enumerated() {
      masks[index, default: [UInt8](repeating: 0, count: width)][place % width] |=
        1 << UInt8(place / width)
    }
    return masks.sorted { $0.key < $1.key }.map { index, columns in
      "#\(index)" + runs(columns)
    }.joined(separator: "$")
  }

  /// Columns as characters, three and more of a kind as `!count`; what stays empty at the end is
  /// left out.
  private static func runs(_ columns: [UInt8]) -> String {
    var text = ""
    var place = 0
    while let end = columns[place...].firstIndex(where: { $0 != columns[place] }) {
      append(columns[place], end - place)
      place = end
    }
    if columns[place] != 0 { append(columns[place], columns.count - place) }
    return text

    func append(_ mask: UInt8, _ count: Int) {
      let character = String(UnicodeScalar(63 + mask))
      text += count > 2 ? "!\(count)\(character)" : String(repeating: character, count: count)
    }
  }
}
