import Foundation
import GraftBase
import GraftImaging
import GraftPlots

/// Plots and images as parts of a page: names that do not collide, and the colors that the page must set.
struct ReportFigures {
  private var plotCount = 0
  /// The colors of all plots so far.
  private(set) var colors: Set<ThemedSVG.Color> = []

  private static let wideWidth = 820
  /// For phones.
  private static let narrowWidth = 400
  /// For two plots beside each other, and on phones one below the other.
  private static let halfWidth = 470
  /// For tables of few cells, which need no more.
  private static let smallWidth = 560
  /// Bytes of SVG from which there is no second drawing for phones: the first one scrolls.
  private static let largestSecond = 90_000

  /// A plot with its texts, drawn for wide pages and again for phones.
  mutating func plot(_ plot: Plot) throws -> HTML {
    let widest = plot.isSmallTable ? Self.smallWidth : Self.wideWidth
    let wide = HTML(markup: try svg(plot, width: min(plot.size.width, widest)))
    guard wide.source.utf8.count <= Self.largestSecond else {
      return figure(
        plot,
        [
          HTML(
            "div",
            [
              "class": "scroll", "tabindex": "0", "role": "group",
              "aria-label": "Plot: \(plot.title)",
            ], wide)
        ])
    }
    let narrow = HTML(markup: try svg(plot, width: Self.narrowWidth))
    return figure(
      plot, [HTML("div", ["class": "wide"], wide), HTML("div", ["class": "narrow"], narrow)])
  }

  /// Two plots that readers compare.
  mutating func pair(_ one: Plot, _ other: Plot) throws -> HTML {
    HTML(
      "div", ["class": "pair"],
      try [one, other].map { figure($0, [HTML(markup: try svg($0, width: Self.halfWidth))]) })
  }

  private func figure(_ plot: Plot, _ drawings: [HTML]) -> HTML {
    HTML(
      "figure", ["class": plot.isList ? "plot list" : "plot", "data-label": plot.title], drawings)
  }

  /// As wide as that, and as high as its marks then need.
  private mutating func svg(_ plot: Plot, width: Int) throws -> String {
    plotCount += 1
    let own = plot.size
    var height = own.height * width / own.width
    if plot.isList {
      height = own.height
    } else if width < Self.smallWidth {
      height = max(height, 370)
    }
    let drawing = try ThemedSVG(
      plot, size: PlotSize(width: width, height: height), namePrefix: "p\(plotCount)-")
    colors.formUnion(drawing.colors)
    return drawing.text
  }

  /// An image inside the page; `description` is for those who do not see it.
  func image(_ image: Image, description: String) throws -> HTML {
    let bytes = try JPEGEncoder.encode(image, quality: Self.quality)
    return HTML(
      "img",
      [
        "src": "data:image/jpeg;base64," + Data(bytes).base64EncodedString(), "alt": description,
        "width": "\(image.width)", "height": "\(image.height)",
      ])
  }

  private static let quality = 82

  /// The images of a sheet, each with its caption, as many beside each other as the page is wide.
  func sheet(_ sheet: ContactSheet) throws -> HTML {
    // Rows without labels are there because a sheet has an end.
    guard sheet.rows.contains(where: { !$0.label.isEmpty || !$0.lines.isEmpty }) else {
      return try list(sheet.rows.flatMap(\.cells), sheet)
    }
    return HTML(
      try sheet.rows.map { row in
        let label = row.lines.isEmpty ? [HTML.name(row.label)] : row.lines.map(Self.line)
        let words = label.enumerated().map {
          $0.offset == 0 ? $0.element : HTML([" ", $0.element])
        }
        return HTML([HTML("h3", [:], words), try list(row.cells, sheet)])
      })
  }

  private func list(_ cells: [ContactSheet.Cell], _ sheet: ContactSheet) throws -> HTML {
    HTML(
      "ul", ["class": "images"],
      try cells.map { cell in
        let texts =
          cell.lines.isEmpty ? [cell.caption] : cell.lines.map { $0.text + $0.ending }
        let description = (["image"] + [texts.filter { !$0.isEmpty }.joined(separator: ", ")])
          .filter { !$0.isEmpty }.joined(separator: ": ")
        let caption = cell.lines.isEmpty ? [HTML.name(cell.caption)] : cell.lines.map(Self.line)
        return HTML(
          "li", [:],
          HTML(
            "figure", ["class": "image \(Self.word(cell.tone))"],
            try image(sheet.image(of: cell), description: description),
            HTML("figcaption", [:], caption)))
      })
  }

  /// A line of a caption; colors only repeat what its signs say.
  private static func line(_ line: ContactSheet.Line) -> HTML {
    let ink =
      switch line.ink {
      case .plain: "plain"
      case .soft: "soft"
      case .good: "good"
      case .bad: "bad"
      }
    return HTML("span", ["class": "line \(ink)"], .name(line.text), HTML(text: line.ending))
  }

  private static func word(_ tone: ContactSheet.Tone) -> String {
    switch tone {
    case .neutral: "plain"
    case .good: "good"
    case .bad: "bad"
    }
  }
}

extension Plot {
  /// Whether it is a table of so few cells that it needs little room.
  fileprivate var isSmallTable: Bool {
    panels.contains { $0.isSquare && ($0.x.names?.count ?? .max) <= 4 }
  }

  /// Whether its height is that of a list of names.
  fileprivate var isList: Bool {
    panels.contains { $0.y.names != nil && !$0.isSquare }
  }
}
