import Foundation
import GraftBase
import GraftDrawing
import GraftImaging
import GraftPlots

/// Where a plot goes: into a file by its suffix, or onto the terminal.
struct PlotOutput {
  var size: PlotSize?
  var theme = PlotTheme.light

  /// Of images on a terminal, where a plot is not lower by itself.
  private static let leastHeight = 320

  /// Writes a file; the path is one that was decided about.
  func write(_ plot: Plot, _ format: Plot.Format, to path: String) throws {
    switch format {
    case .png: try ImageFile.writePNG(plot.canvas(size: size, theme: theme).image(), to: path)
    case .svg: try AtomicFile.write(plot.svg(size: size, theme: theme), to: path)
    case .pdf: try AtomicFile.write([plot.pdf(size: size, theme: theme)[...]], to: path)
    case .csv: try AtomicFile.write(plot.table.csv, to: path)
    }
  }

  /// The plot as a terminal shows it: as an image where it has images, else as text; nil where it is to show
  /// none.
  func text(_ plot: Plot, in session: Session) throws -> String? {
    let console = session.console
    let environment = ProcessInfo.processInfo.environment
    guard let style = TerminalImage.style(session.settings.image, environment) else { return nil }
    guard style != .blocks else {
      return TerminalPlot(
        plot, columns: console.width, rows: console.height - 3, isColored: console.isColored
      ).text
    }
    // As wide as the terminal, so that texts keep their size.
    let wanted = size ?? plot.size
    let width = min(wanted.width, max(480, console.width * TerminalImage.cellWidth))
    // Not so low that names would lose their lines.
    let height = max(wanted.height * width / wanted.width, min(wanted.height, Self.leastHeight))
    let fitting = PlotSize(width: width, height: height)
    let image = try plot.canvas(size: size ?? fitting, theme: theme).image()
    return try TerminalImage.text(image, style, columns: console.width, rows: console.height - 3)
  }
}

extension Session {
  /// Shows a plot where a terminal shows results; nowhere else.
  func show(_ plot: Plot, _ output: PlotOutput) throws {
    guard console.isOutputTerminal, console.format == .text else {
      return console.warn("plot skipped, add to=FILE.png")
    }
    guard let text = try output.text(plot, in: self) else {
      return console.warn("plot skipped, since `set image` is none; add to=FILE.png")
    }
    console.print(verbatim: text)
  }

  /// Of the event `plot`.
  func fields(of plot: Plot, at path: String?, size: PlotSize?) -> [(String, JSONValue)] {
    let place =
      path.map { fields(ofPlace: $0) } ?? [("path", JSONValue.null), ("file", .null)]
    return [("kind", .string(plot.kind))] + place + [
      ("width", size.map { .integer($0.width) } ?? .null),
      ("height", size.map { .integer($0.height) } ?? .null), ("title", .string(plot.title)),
      ("notes", .array(plot.notes.map(JSONValue.string))),
      ("columns", .array(plot.table.columns.map { .object($0.fields) })),
    ]
  }
}

extension PlotTable.Column {
  /// As events list it.
  var fields: [(String, JSONValue)] {
    switch values {
    case .numbers(let values):
      [
        ("name", .string(name)),
        ("numbers", .array(values.map { $0.map(JSONValue.number) ?? .null })), ("texts", .null),
      ]
    case .texts(let values):
      [
        ("name", .string(name)), ("numbers", .null),
        ("texts", .array(values.map(JSONValue.string))),
      ]
    }
  }
}
