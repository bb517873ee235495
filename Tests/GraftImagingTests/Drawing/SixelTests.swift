import Testing

@testable import GraftImaging

@Suite struct SixelTests {
  @Test func colorDrawsTheColumnsOfABand() {
    // Red above blue, seven rows high: two bands.
    let rows = [[UInt8]](repeating: [255, 0, 0], count: 5) + [[0, 0, 255], [0, 0, 255]]
    let image = Image(
      width: 4, height: 7, channels: 3,
      pixels: rows.flatMap { row in (0..<4).flatMap { _ in row } })
    let text = Sixel.render(image)
    #expect(text.hasPrefix("\u{1B}P0;1q\"1;1;4;7#0;2;0;0;0#1;2;0;0;20"))
    // Blue is number 5, red 180; five rows are the mask 31, the sixth 32, the first 1.
    #expect(text.hasSuffix("#215;2;100;100;100#5!4_$#180!4^-#5!4@\u{1B}\\"))
  }

  @Test func ditheringKeepsTheMeanOfAGray() throws {
    let image = Image(
      width: 60, height: 60, channels: 1, pixels: [UInt8](repeating: 75, count: 3600))
    let shown = try Self.decoded(Sixel.render(image))
    #expect(shown.width == 60 && shown.height == 60)
    let mean = shown.pixels.reduce(0.0) { $0 + Double($1) } / Double(shown.pixels.count)
    #expect(abs(mean - 75) < 1.5)
  }

  @Test func photographComesBack() throws {
    let photo = try ImagingFixtures.photo()
    let shown = try Self.decoded(Sixel.render(photo))
    #expect(shown.size == photo.size)
    let (small, original) = (
      shown.resized(to: ImageSize(width: 12, height: 9)),
      photo.resized(to: ImageSize(width: 12, height: 9))
    )
    for (found, wanted) in zip(small.pixels, original.pixels) {
      #expect(abs(Int(found) - Int(wanted)) <= 14)
    }
  }

  /// What a terminal would show: palette, runs, `$` back to the left edge, `-` the next band.
  private static func decoded(_ text: String) throws -> Image {
    let body = try #require(text.split(separator: "\"").last).dropLast(2)
    let size = body.prefix { $0 != "#" }.split(separator: ";").compactMap { Int($0) }
    let (width, height) = (size[2], size[3])
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    var palette: [Int: [UInt8]] = [:]
    var (column, band, color) = (0, 0, 0)
    var rest = body.drop { $0 != "#" }
    func number() -> Int {
      let digits = rest.prefix { $0.isNumber }
      rest = rest.dropFirst(digits.count)
      return Int(digits) ?? 0
    }
    while let character = rest.popFirst() {
      switch character {
      case "#":
        color = number()
        guard rest.first == ";" else { break }
        var values: [Int] = []
        while rest.first == ";" {
          rest = rest.dropFirst()
          values.append(number())
        }
        palette[color] = values.dropFirst().map { UInt8($0 * 255 / 100) }
      case "$": column = 0
      case "-":
        column = 0
        band += 1
      default:
        let count = character == "!" ? number() : 1
        let drawn = character == "!" ? rest.popFirst() : character
        let mask = Int(try #require(drawn?.asciiValue)) - 63
        for x in column..<column + count {
          for row in 0..<6 where mask >> row & 1 == 1 {
            let place = ((band * 6 + row) * width + x) * 3
            pixels.replaceSubrange(place..<place + 3, with: try #require(palette[color]))
          }
        }
        column += count
      }
    }
    return Image(width: width, height: height, channels: 3, pixels: pixels)
  }
}
