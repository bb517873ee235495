import GraftImaging
import Testing

@Suite struct HalfBlocksTests {
  @Test func eachCharacterIsTwoPixels() {
    let image = Image(
      width: 2, height: 2, channels: 3, pixels: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    let escape = "\u{1B}["
    #expect(
      HalfBlocks.render(image, columns: 2)
        == "\(escape)38;2;1;2;3;48;2;7;8;9m▀\(escape)38;2;4;5;6;48;2;10;11;12m▀\(escape)0m")
  }

  @Test(arguments: [1, 7, 40]) func linesHaveTheAskedLength(columns: Int) throws {
    let lines = try HalfBlocks.render(ImagingFixtures.photo(), columns: columns)
      .split(separator: "\n")
    #expect(lines.allSatisfy { line in line.count { $0 == "▀" } == columns })
    #expect(abs(lines.count * 2 - 75 * columns / 96) <= 1 || columns == 1)
  }
}
