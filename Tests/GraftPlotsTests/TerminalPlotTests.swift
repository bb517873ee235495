import GraftBase
import Testing

@testable import GraftPlots

@Suite struct TerminalPlotTests {
  private func lines(_ plot: Plot, _ columns: Int, rows: Int = 24, isColored: Bool = false)
    -> [String]
  {
    TerminalPlot(plot, columns: columns, rows: rows, isColored: isColored).text
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test(arguments: [24, 40, 80, 132]) func nothingIsWiderThanTheTerminal(_ columns: Int) {
    let plots = [
      PlotTests.curves(epochs: 10, runs: 1), PlotTests.curves(epochs: 400, runs: 8, gap: 3),
      PlotTests.table(2), PlotTests.table(10), PlotTests.table(200), PlotTests.bars(3),
      PlotTests.bars(200),
    ]
    for plot in plots {
      for line in lines(plot, columns) { #expect(line.displayWidth <= columns, "\(line)") }
    }
  }

  @Test func curvesHaveAxesAndNames() {
    let shown = lines(PlotTests.curves(epochs: 10, runs: 2), 80)
    #expect(shown.first == "Loss" && shown.count <= 24)
    #expect(shown.contains { $0.contains("┤") } && shown.contains { $0.contains("└") })
    #expect(shown.joined().unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
    #expect(shown.contains { $0.hasSuffix("قطة سوداء") })
  }

  @Test func barsAreAsLongAsTheirNumbers() {
    let rows = lines(PlotTests.bars(4), 80).filter { $0.contains("1,234 of 5,678") }
    #expect(rows.count == 4)
    let lengths = rows.map { row in row.count { $0 == "█" } }
    #expect(lengths == lengths.sorted() && abs(lengths[3] - 4 * lengths[0]) <= 4)
  }

  @Test func oneEpochIsASymbol() {
    #expect(lines(PlotTests.curves(epochs: 1, runs: 1), 60).contains { $0.contains("●") })
  }

  @Test func namesThatLinesShareAreLeftOut() {
    var plot = PlotTests.curves(epochs: 5, runs: 6)
    for index in 1..<6 { plot.panels[0].marks[index].name = "trial" }
    #expect(!lines(plot, 80).contains { $0.hasSuffix("trial") })
  }

  @Test func tablesShowNumbersOrShades() {
    // Numbers of one digit have room in two columns.
    var digits = PlotTests.table(6)
    digits.panels[0].marks = [
      Mark(
        "cells", .cells((0..<6).map { Mark.Cell(column: $0, row: $0, shade: 1, text: "7") }),
        .series(0))
    ]
    #expect(lines(digits, 40).count { $0.contains("7") } == 6)
    let small = lines(PlotTests.table(10), 80)
    #expect(small.count { $0.contains("12") } >= 10)
    let large = lines(PlotTests.table(60), 100)
    #expect(large.contains { $0.contains("█") })
    let tooLarge = lines(PlotTests.table(200), 100)
    #expect(tooLarge.contains { $0.contains("200 classes have no room in 100 columns") })
    let long = lines(PlotTests.bars(200), 100)
    #expect(long.contains { $0.contains("and 140 more") })
  }

  @Test func colorsEndWithTheirLines() {
    let shown = lines(PlotTests.curves(epochs: 10, runs: 2), 80, isColored: true)
    #expect(shown.contains { $0.contains("\u{1B}[34m") })
    for line in shown where line.contains("\u{1B}[") { #expect(line.contains("\u{1B}[0m")) }
  }
}
