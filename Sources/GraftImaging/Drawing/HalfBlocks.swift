/// Images as colored text for terminals with 24-bit color: each character is two pixels.
package enum HalfBlocks {
  /// The image in `columns` characters per line, each line ending with a color reset.
  package static func render(_ image: Image, columns: Int) -> String {
    precondition(columns > 0, "an image without columns")
    let pairs = max(1, (image.height * columns / image.width + 1) / 2)
    let image = image.converted(toChannels: 3)
      .resized(to: ImageSize(width: columns, height: pairs * 2))
    func color(_ x: Int, _ y: Int) -> String {
      let index = (y * columns + x) * 3
      return image.pixels[index..<index + 3].map(String.init).joined(separator: ";")
    }
    return (0..<pairs).map { row in
      let line = (0..<columns).map { x in
        "\u{1B}[38;2;\(color(x, row * 2));48;2;\(color(x, row * 2 + 1))m▀"
      }
      return line.joined() + "\u{1B}[0m"
    }.joined(separator: "\n")
  }
}
