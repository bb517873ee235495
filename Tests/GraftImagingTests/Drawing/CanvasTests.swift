import GraftBase
import GraftDrawing
import GraftImaging
import Testing

@Suite struct CanvasTests {
  private let white = Canvas.Color(0xFFFFFF)

  /// The color of one pixel as 0xRRGGBB.
  private func pixel(_ image: Image, _ x: Int, _ y: Int) -> Int {
    let index = (y * image.width + x) * 3
    return image.pixels[index..<index + 3].reduce(0) { $0 << 8 | Int($1) }
  }

  @Test func shapesCoverWholePixels() throws {
    let canvas = try Canvas(width: 20, height: 10, background: white)
    canvas.fill(Canvas.Rectangle(x: 2, y: 3, width: 4, height: 5), Canvas.Color(0x1234AB))
    let image = canvas.image()
    #expect(image.size == ImageSize(width: 20, height: 10))
    #expect(pixel(image, 2, 3) == 0x1234AB)
    #expect(pixel(image, 5, 7) == 0x1234AB)
    #expect(pixel(image, 6, 7) == 0xFFFFFF)
    #expect(pixel(image, 2, 2) == 0xFFFFFF)
  }

  @Test func imageAreCopiedPixelForPixelAndCut() throws {
    let photo = try ImagingFixtures.photo()
    let canvas = try Canvas(width: 120, height: 90, background: white)
    canvas.draw(photo, x: 10, y: 5)
    #expect(canvas.image().cropped(x: 10, y: 5, width: 96, height: 75) == photo)
    canvas.draw(photo, x: -90, y: 80)
    #expect(
      canvas.image().cropped(x: 0, y: 80, width: 6, height: 10)
        == photo.cropped(x: 90, y: 0, width: 6, height: 10))
    canvas.draw(photo, x: 500, y: -500)
  }

  @Test func linesAndTextLeaveInk() throws {
    let canvas = try Canvas(width: 60, height: 40, background: white)
    let blank = canvas.image()
    canvas.line([(2, 38), (30, 36), (58, 38)], Canvas.Color(0), lineWidth: 2, dashes: [4, 2])
    let lined = canvas.image()
    #expect(lined != blank)
    canvas.text("Graft", x: 30, y: 20, font: .init(size: 12), .init(0), alignment: .center)
    #expect(canvas.image() != lined)
  }

  @Test func enormousDrawingsAreRefused() {
    #expect(throws: GraftError.self) {
      try Canvas(width: 16_000, height: 16_000, background: white)
    }
    #expect(throws: GraftError.self) { try Canvas(width: 0, height: 5, background: white) }
  }
}
