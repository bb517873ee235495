import GraftBase
import GraftDrawing
import Testing

@Suite struct CanvasTextTests {
  private func canvas() throws -> Canvas {
    try Canvas(width: 200, height: 40, background: Canvas.Color(0xFFFFFF))
  }

  @Test func longTextIsElidedToFit() throws {
    let canvas = try canvas()
    let font = Canvas.Font(size: 12)
    let text = "a rather long caption that does not fit"
    let short = canvas.elided(text, maximumWidth: 80, font: font)
    #expect(short.hasSuffix("…"))
    #expect(canvas.width(of: short, font: font) <= 80)
    #expect(canvas.elided("ants", maximumWidth: 80, font: font) == "ants")
    let lines = canvas.wrapped(text, maximumWidth: 80, maximumLines: 2, font: font)
    #expect(lines.count == 2)
    #expect(lines.allSatisfy { canvas.width(of: $0, font: font) <= 80 })
    #expect(canvas.wrapped("", maximumWidth: 80, maximumLines: 2, font: font) == [])
  }

  /// Pango composes what belongs together: an accent that follows its letter takes no room of its own.
  @Test func accentsAndLigaturesAreShaped() throws {
    let canvas = try canvas()
    let font = Canvas.Font(size: 20)
    let composed = canvas.width(of: "\u{E9}", font: font)
    #expect(abs(canvas.width(of: "e\u{301}", font: font) - composed) < 0.1)
    // Arabic letters are narrower joined than apart.
    let joined = canvas.width(of: "\u{633}\u{644}\u{627}\u{645}", font: font)
    let apart = ["\u{633}", "\u{644}", "\u{627}", "\u{645}"].map {
      canvas.width(of: $0, font: font)
    }.reduce(0, +)
    #expect(joined < apart)
  }

  @Test func widthGrowsWithSizeEvenly() throws {
    let canvas = try canvas()
    let small = canvas.width(of: "Graft 0.95", font: Canvas.Font(size: 10))
    let large = canvas.width(of: "Graft 0.95", font: Canvas.Font(size: 30))
    #expect(abs(large - 3 * small) < 0.5)
    #expect(canvas.width(of: "Graft", font: Canvas.Font(size: 10, isBold: true)) > 0)
  }

  @Test func equalPagesAreEqualFiles() throws {
    func page() throws -> [UInt8] {
      let page = try Canvas(pageWidth: 200, height: 100, title: "A page")
      page.text("loss", x: 10, y: 20, font: Canvas.Font(size: 12), Canvas.Color(0))
      return try page.pageBytes()
    }
    let bytes = try page()
    #expect(bytes.prefix(5).elementsEqual("%PDF-".utf8))
    #expect(try page() == bytes)
    #expect(!String(decoding: bytes, as: UTF8.self).contains("CreationDate"))
  }

  @Test func luminanceIsThatOfWCAG() {
    #expect(abs(Canvas.Color(0xFFFFFF).luminance - 1) < 1e-9)
    #expect(Canvas.Color(0).luminance == 0)
    // The reference value of sRGB's middle gray.
    #expect(abs(Canvas.Color(0x808080).luminance - 0.21586) < 1e-4)
  }
}
