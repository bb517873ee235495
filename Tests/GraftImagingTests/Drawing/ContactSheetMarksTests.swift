import GraftBase
import GraftImaging
import Testing

@Suite struct ContactSheetMarksTests {
  private func count(_ color: [UInt8], in image: Image) -> Int {
    stride(from: 0, to: image.pixels.count, by: 3)
      .count { image.pixels[$0..<$0 + 3].elementsEqual(color) }
  }

  private let gray = Image(width: 32, height: 32, channels: 3, fill: 100)

  @Test func aMaskIsTintedInsideAndOutlined() throws {
    var mask = Image(width: 32, height: 32, channels: 1)
    for y in 8..<24 { for x in 8..<24 { mask.pixels[y * 32 + x] = 1 } }
    let cell = ContactSheet.Cell(gray, marks: .init(Annotation(mask: mask)))
    let sheet = try ContactSheet(title: "", cells: [cell], columns: 1, cellSize: 64).drawn()
    // Twice as large: 32 pixels a side, of which the outermost are the outline.
    #expect(count([0xE6, 0x9F, 0x00], in: sheet) == 4 * 31)
    #expect(count([158, 126, 55], in: sheet) == 30 * 30)
  }

  @Test func boxesAreFramedAndNamed() throws {
    let box = BoundingBox(left: 4, top: 4, right: 28, bottom: 28, label: 1)
    func drawn(_ names: [String]) throws -> Image {
      let marks = ContactSheet.Marks(Annotation(boxes: [box]), names: names)
      return try ContactSheet(
        title: "", cells: [.init(gray, marks: marks)], columns: 1, cellSize: 128
      ).drawn()
    }
    let frame = count([0x56, 0xB4, 0xE9], in: try drawn([]))
    // A frame of 96 pixels a side, two wide.
    #expect(frame > 700 && frame < 800)
    #expect(count([0x56, 0xB4, 0xE9], in: try drawn(["cat", "dog"])) > frame)
  }
}
