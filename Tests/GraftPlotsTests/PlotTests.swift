import Foundation
import GraftBase
import GraftDrawing
import Testing

@testable import GraftPlots

@Suite struct PlotTests {
  static let sizes = [
    PlotSize(width: 480, height: 320), PlotSize(width: 960, height: 600),
    PlotSize(width: 1600, height: 1200),
  ]

  /// Names as people have them: short, of sixty letters, of other scripts.
  static func names(_ count: Int) -> [String] {
    let special = [
      "A class whose name is sixty characters long, as some really are", "قطة سوداء", "日本語の名前",
      "🐸 tree frog", "<b>&\"quoted\"</b>", "line\nbreak",
    ]
    return (0..<count).map { $0 < special.count ? special[$0] : "class \($0)" }
  }

  static func curves(epochs: Int, runs: Int, gap: Int? = nil) -> Plot {
    let names = names(runs)
    let marks = names.enumerated().map { run, name in
      Mark(
        name,
        .line(
          (0..<epochs).map {
            Mark.Point(
              Double($0 + 1), $0 == gap ? .nan : 1 / Double($0 + run + 1))
          }), .series(run))
    }
    return Plot(
      kind: "loss", title: "Loss", subtitle: "Of several runs",
      panels: [Panel(x: Axis("Epoch", style: .integer), y: Axis("Mean loss"), marks: marks)],
      legend: names.enumerated().map { LegendEntry($0.element, .line, .series($0.offset)) },
      notes: gap == nil ? [] : ["there is a gap"],
      table: PlotTable().adding("epoch", (0..<epochs).map { Double($0 + 1) }))
  }

  static func table(_ count: Int) -> Plot {
    let names = names(count)
    let cells = (0..<count).flatMap { row in
      [
        Mark.Cell(column: row, row: row, shade: 0.9, text: "12"),
        Mark.Cell(column: (row + 1) % count, row: row, shade: 0.1, text: "1"),
      ]
    }
    let side = min(1040, max(420, count * (count <= 30 ? 42 : 12)))
    return Plot(
      kind: "confusion", title: "Confusion",
      panels: [
        Panel(
          x: .categories("Predicted", names), y: .categories("True", names),
          marks: [Mark("cells", .cells(cells), .series(0))], isSquare: true)
      ], shades: ShadeLegend("Share of row", 0...1, style: .percent), table: PlotTable(),
      size: PlotSize(width: side + 320, height: side + 250))
  }

  static func bars(_ count: Int) -> Plot {
    let names = names(count)
    let spans = (0..<count).map { Mark.Span(at: Double($0), to: Double($0 + 1) / Double(count)) }
    return Plot(
      kind: "classes", title: "Recall", subtitle: "Of each class",
      panels: [
        Panel(
          x: Axis("Recall", domain: 0...1, style: .percent), y: .categories("", names),
          marks: [
            Mark("recall", .bars(spans, .horizontal, thickness: 0.7), .series(0)),
            Mark("intervals", .intervals(spans, .horizontal), .text),
            Mark("mean", .rule(at: 0.5, .vertical, label: "mean 50.0%"), .series(1)),
            Mark("other", .rule(at: 0.52, .vertical, label: "another 52.0%"), .muted),
            Mark("counts", .endLabels(spans.map { Mark.Label(1, $0.at, "1,234 of 5,678") }), .text),
          ])
      ], table: PlotTable(), size: PlotSize(width: 960, height: max(300, 170 + 24 * count)))
  }

  @Test(arguments: [1, 2, 10, 400], sizes) func curvesStayInsideAndApart(
    _ epochs: Int, _ size: PlotSize
  )
    throws
  {
    for runs in [1, 8] {
      let drawn = try DrawnPlot(Self.curves(epochs: epochs, runs: runs), size: size)
      #expect(drawn.outside == [])
      #expect(drawn.overlaps == [])
      #expect(drawn.contents.contains("Loss") && drawn.contents.contains("Epoch"))
    }
  }

  @Test(arguments: [2, 10, 60, 200]) func tablesStayInsideAndApart(_ classes: Int) throws {
    for plot in [Self.table(classes), Self.bars(classes)] {
      let drawn = try DrawnPlot(plot)
      #expect(drawn.outside == [])
      #expect(drawn.overlaps == [])
    }
    // Smaller than what suits them.
    for plot in [Self.table(classes), Self.bars(classes)] {
      let drawn = try DrawnPlot(plot, size: PlotSize(width: 640, height: 480))
      #expect(drawn.outside == [])
      #expect(drawn.overlaps == [])
    }
  }

  @Test func marksAreDrawnOneForOne() throws {
    let drawn = try DrawnPlot(Self.curves(epochs: 10, runs: 3))
    // A line for each run, beside those of the grid, the axis and the legend.
    #expect(drawn.svg.components(separatedBy: "stroke-width=\"2.2\"").count - 1 == 3 + 3)
    let table = try DrawnPlot(Self.table(10))
    #expect(table.contents.count { $0 == "12" } == 10 && table.contents.count { $0 == "1" } == 10)
    let bars = try DrawnPlot(Self.bars(5))
    #expect(bars.contents.count { $0 == "1,234 of 5,678" } == 5)
    #expect(bars.contents.contains("mean 50.0%") && bars.contents.contains("another 52.0%"))
  }

  @Test func whatIsNotANumberIsAGap() throws {
    let whole = try DrawnPlot(Self.curves(epochs: 10, runs: 1))
    let broken = try DrawnPlot(Self.curves(epochs: 10, runs: 1, gap: 4))
    #expect(broken.count(of: "polyline") == whole.count(of: "polyline") + 1)
    #expect(broken.contents.contains("there is a gap"))
    // A single value is a point.
    let single = try DrawnPlot(Self.curves(epochs: 1, runs: 1))
    #expect(single.count(of: "circle") == 1)
    // Whole, though it may lie on the edge of the frame: what clips lines has ended.
    let circle = try #require(single.svg.range(of: "<circle"))
    let before = single.svg[..<circle.lowerBound]
    let clip = try #require(before.range(of: "clip-path=", options: .backwards))
    #expect(before[clip.upperBound...].contains("</g>"))
    #expect(!single.svg.contains("nan") && !broken.svg.contains("nan"))
  }

  @Test func namesArePlainTextInSVG() throws {
    let drawn = try DrawnPlot(Self.curves(epochs: 3, runs: 6))
    #expect(drawn.contents.contains("<b>&\"quoted\"</b>"))
    #expect(drawn.contents.contains("line\\nbreak"))
    #expect(drawn.contents.contains("قطة سوداء") && drawn.contents.contains("🐸 tree frog"))
    #expect(!drawn.svg.contains("<b>"))
  }

  @Test func emptyPlotsHaveAxes() throws {
    let plot = Plot(
      kind: "loss", title: "Nothing",
      panels: [
        Panel(
          x: Axis("x"), y: Axis("y", .logarithmic), marks: [Mark("none", .line([]), .series(0))])
      ], table: PlotTable())
    let drawn = try DrawnPlot(plot)
    #expect(drawn.outside == [] && drawn.contents.contains("Nothing"))
    #expect(!drawn.svg.contains("nan") && !drawn.svg.contains("inf"))
  }

  @Test func theSamePlotIsTheSameFile() throws {
    let plot = Self.curves(epochs: 20, runs: 3)
    #expect(try plot.svg() == plot.svg())
    #expect(try plot.pdf() == plot.pdf())
    #expect(try plot.pdf().starts(with: Array("%PDF".utf8)))
  }

  @Test func themesAreLegible() {
    for theme in [PlotTheme.light, .dark] {
      func contrast(_ color: Canvas.Color) -> Double {
        let values = [color.luminance, theme.background.luminance].sorted()
        return (values[1] + 0.05) / (values[0] + 0.05)
      }
      #expect(contrast(theme.text) > 12)
      // 4.5 for small texts, 3 for what has a shape (WCAG 2.2); yellow and sky blue have their symbols.
      #expect(contrast(theme.softText) > 4.5)
      for index in [0, 1, 2, 6, 7] {
        #expect(contrast(theme.color(.series(index))) > 3, "\(index)")
      }
      let shades = (0...20).map { theme.shade(Double($0) / 20).luminance }
      #expect(shades == shades.sorted() || shades == shades.sorted(by: >))
      for shade in [0.0, 0.3, 0.5, 0.7, 1] {
        let color = theme.shade(shade)
        let values = [color.luminance, theme.text(on: color).luminance].sorted()
        #expect((values[1] + 0.05) / (values[0] + 0.05) > 4, "shade \(shade)")
      }
    }
  }

  @Test func tablesAreWrittenWithAllDigits() {
    let table = PlotTable().adding("run", ["A", "B, \"two\""]).adding("loss", [0.1 + 0.2, nil])
      .adding("other", [.nan, 1e-7])
    #expect(table.csv == "run,loss,other\nA,0.30000000000000004,nan\n\"B, \"\"two\"\"\",,1e-7\n")
    #expect(table.numbers("loss") == [0.1 + 0.2, nil] && table.numbers("run").isEmpty)
  }

  @Test func formatsAreKnownBySuffix() {
    #expect(Plot.Format(path: "a/b.SVG") == .svg && Plot.Format(path: "x.png") == .png)
    #expect(Plot.Format(path: "png") == nil && Plot.Format(path: "a.jpg") == nil)
  }
}
