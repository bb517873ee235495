import GraftBase
import GraftDrawing

extension Plot {
  /// A form in which a plot is written, by the suffix of its file.
  package enum Format: String, Sendable, CaseIterable {
    case png, svg, pdf
    /// Its numbers.
    case csv

    package init?(path: String) {
      let suffix = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
      guard path.contains("."), let format = Format(rawValue: suffix) else { return nil }
      self = format
    }
  }

  /// The plot in pixels.
  package func canvas(size: PlotSize? = nil, theme: PlotTheme = .light) throws -> Canvas {
    let size = size ?? self.size
    let canvas = try Canvas(
      width: size.width, height: size.height, background: theme.background)
    PlotPainter(self, size: size, theme: theme, on: canvas).draw()
    return canvas
  }

  /// The plot as a file of SVG; `namePrefix` keeps names apart in a page of several.
  package func svg(
    size: PlotSize? = nil, theme: PlotTheme = .light, namePrefix: String = ""
  ) throws -> String {
    let size = size ?? self.size
    let drawing = try SVGDrawing(
      width: size.width, height: size.height, title: title,
      description: ([subtitle] + notes).filter { !$0.isEmpty }.joined(separator: ". "),
      namePrefix: namePrefix)
    PlotPainter(self, size: size, theme: theme, on: drawing).draw()
    return drawing.text
  }

  /// The plot as a page of PDF.
  package func pdf(size: PlotSize? = nil, theme: PlotTheme = .light) throws -> [UInt8] {
    let size = size ?? self.size
    let page = try Canvas(pageWidth: size.width, height: size.height, title: title)
    PlotPainter(self, size: size, theme: theme, on: page).draw()
    return try page.pageBytes()
  }
}
