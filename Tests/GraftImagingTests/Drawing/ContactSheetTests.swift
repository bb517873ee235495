import GraftBase
import GraftDrawing
import GraftImaging
import Testing

@Suite struct ContactSheetTests {
  private let red = Image(width: 32, height: 32, channels: 3, pixels: Self.flat(200, 10, 10))

  private static func flat(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> [UInt8] {
    (0..<32 * 32).flatMap { _ in [red, green, blue] }
  }

  /// How many pixels have exactly this color.
  private func count(_ color: [UInt8], in image: Image) -> Int {
    stride(from: 0, to: image.pixels.count, by: 3)
      .count { image.pixels[$0..<$0 + 3].elementsEqual(color) }
  }

  @Test func smallImageAreEnlargedInWholeMultiples() throws {
    let sheet = ContactSheet(
      title: "three", cells: [.init(red), .init(red), .init(red)], columns: 2, cellSize: 100)
    #expect(sheet.rows.map(\.cells.count) == [2, 1])
    #expect(count([200, 10, 10], in: try sheet.drawn()) == 3 * 96 * 96)
  }

  @Test func imageKeepTheirAspect() throws {
    let wide = Image(
      width: 200, height: 100, channels: 3, pixels: (0..<20_000).flatMap { _ in [1, 2, 250] })
    let sheet = ContactSheet(title: "", cells: [.init(wide)], columns: 1, cellSize: 80)
    #expect(count([1, 2, 250], in: try sheet.drawn()) == 80 * 40)
  }

  @Test func captionsLabelsAndTitlesTakeRoom() throws {
    func size(title: String = "", label: String = "", caption: String = "") throws -> ImageSize {
      let cells = Array(repeating: ContactSheet.Cell(red, caption: caption), count: 3)
      return try ContactSheet(title: title, rows: [.init(label: label, cells: cells)]).drawn().size
    }
    let plain = try size()
    #expect(try size(title: "Title").height > plain.height)
    #expect(try size(caption: "caption").height > plain.height)
    #expect(try size(label: "mild").width > plain.width)
    #expect(try size(label: "mild").height == plain.height)
  }

  @Test func verdictsAreFramed() throws {
    let good = ContactSheet(title: "", cells: [.init(red, tone: .good)], columns: 1)
    let bad = ContactSheet(title: "", cells: [.init(red, tone: .bad)], columns: 1)
    #expect(count([0x2F, 0x85, 0x5A], in: try good.drawn()) > 400)
    #expect(count([0xC0, 0x39, 0x2B], in: try bad.drawn()) > 400)
  }

  @Test func anEmptySheetIsStillAImage() throws {
    #expect(try ContactSheet(title: "nothing", rows: []).drawn().width >= 320)
  }

  @Test func tooManyImageAreRefused() {
    let cells = Array(repeating: ContactSheet.Cell(red), count: 200)
    let sheet = ContactSheet(title: "", cells: cells, columns: 200)
    #expect(throws: GraftError.self) { try sheet.drawn() }
  }

  @Test func whatACanvasHasNoRoomForIsLeftOutAndCounted() throws {
    let cells = Array(repeating: ContactSheet.Cell(red, caption: "one"), count: 300)
    for columns in [1, 3, 300] {
      let sheet = ContactSheet(title: "many", cells: cells, columns: columns)
      let (fitting, left) = try sheet.fittingCanvas()
      let shown = fitting.rows.reduce(0) { $0 + $1.cells.count }
      #expect(shown > 60 && shown + left == 300)
      let image = try fitting.drawn()
      #expect(max(image.width, image.height) <= Canvas.largestSide)
    }
    let small = ContactSheet(title: "few", cells: Array(cells.prefix(4)), columns: 2)
    #expect(try small.fittingCanvas().left == 0)
  }

  /// All of a long name is drawn: lines take room until everything is there.
  @Test func longTextsAreBrokenAndNotClipped() throws {
    let canvas = try Canvas(width: 1, height: 1, background: Canvas.Color(0xFFFFFF))
    let font = Canvas.Font(size: 12)
    for text in [
      "a_very_long_file_name-with-parts.of-many-kinds_0123456789.jpeg",
      String(repeating: "W", count: 60),
      "sixty characters in words of several lengths, as captions",
    ] {
      let lines = canvas.broken(text, maximumWidth: 128, font: font)
      #expect(lines.count > 2)
      #expect(lines.allSatisfy { canvas.width(of: $0, font: font) <= 128 })
      #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
    }
    #expect(canvas.broken("short one", maximumWidth: 128, font: font) == ["short one"])
    let lines = canvas.broken(
      String(repeating: "word ", count: 100), maximumWidth: 60, mostLines: 3, font: font)
    #expect(lines.count == 3 && lines[2].hasSuffix("…"))
  }
}
