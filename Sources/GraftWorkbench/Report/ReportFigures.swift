import Foundation
import GraftBase
import GraftImaging
import GraftPlots

/// Plots and images as parts of a page: names that do not collide, and the colors that the page must set.
struct ReportFigures {
  private var plotCount = 0
  /// The colors of all plots so far.
  private(set) var colors: Set<ThemedSVG.Color> = []

  /// Plots wider than that have a second drawing for phones.
  private static let narrowWidth = 400
  private static let wideWidth = 820
  /// Bytes of SVG from which there is no second drawing: the first one scrolls.
  private static let largestSecond = 90_000

  /// A plot with its texts, as the page is wide and as a phone is.
  mutating func plot(_ plot: Plot) throws -> HTML {
    let wide = try svg(plot, width: min(plot.size.width, Self.wideWidth))
    let isSmall = wide.utf8.count <= Self.largestSecond
    let label = plot.title
    let first = HTML("div", ["class": isSmall ? "wide" : "scroll"], HTML(markup: wide))
    var drawings = [first]
    if isSmall {
      let narrow = try svg(plot, width: Self.narrowWidth)
      drawings.append(HTML("div", ["class": "narrow"], HTML(markup: narrow)))
    } else {
      drawings = [
        HTML(
          "div",
          ["class": "scroll", "tabindex": "0", "role": "group", "aria-label": "Plot: \(label)"],
          HTML(markup: wide))
      ]
    }
    return HTML("figure", ["class": "plot", "data-label": label], drawings)
  }

  /// As wide as that, and as high as its marks then need.
  private mutating func svg(_ plot: Plot, width: Int) throws -> String {
    plotCount += 1
    let (own, isNarrow) = (plot.size, width == Self.narrowWidth)
    var height = own.height * width / own.width
    if plot.isList { height = own.height } else if isNarrow { height = max(height, 360) }
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
        "width": "\(image.width)", "height": "\(image.height)", "loading": "lazy",
        "decoding": "async",
      ])
  }

  private static let quality = 82

  /// The images of a sheet, each with its caption, as many beside each other as the page is wide.
  func sheet(_ sheet: ContactSheet) throws -> HTML {
    HTML(
      try sheet.rows.enumerated().map { index, row in
        let cells = try row.cells.map { cell in
          HTML(
            "li", [:],
            HTML(
              "figure", ["class": "image \(Self.word(cell.tone))", "data-label": cell.caption],
              try image(
                sheet.image(of: cell),
                description: cell.caption.isEmpty ? "image" : "image: \(cell.caption)"),
              HTML("figcaption", [:], HTML("bdi", [:], HTML(text: cell.caption)))))
        }
        let label =
          row.label.isEmpty ? HTML() : HTML("h4", [:], HTML.name(row.label))
        return HTML([label, HTML("ul", ["class": "images"], cells)])
      })
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
  /// Whether its height is that of a list of names.
  fileprivate var isList: Bool {
    panels.contains { $0.y.names != nil && !$0.isSquare }
  }
}
