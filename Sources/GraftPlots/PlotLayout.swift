import GraftDrawing

/// Where everything of a plot is, measured by the texts themselves so that nothing is cut off.
struct PlotLayout {
  struct TextLine {
    var text: String
    var x: Double
    /// Its base line.
    var y: Double
    var font: Canvas.Font
    var isSoft = true
  }

  struct LegendItem {
    var entry: LegendEntry
    var text: String
    var x: Double
    /// The base line of its text.
    var y: Double
  }

  let width: Double
  let height: Double
  private(set) var lines: [TextLine] = []
  private(set) var legend: [LegendItem] = []
  private(set) var panels: [PanelLayout] = []
  /// Where the bar of shades goes.
  private(set) var shadeBar: Canvas.Rectangle?

  static let margin = 22.0
  private static let lineHeight = 1.35
  private static let panelGap = 14.0
  /// Below this many pixels a picture has neither a subtitle nor notes.
  private static let leastHeightWithNotes = 240.0
  static let sampleWidth = 24.0
  static let shadeBarWidth = 14.0
  static let shadeLabelWidth = 58.0

  init(of plot: Plot, size: PlotSize, on drawing: any Drawing) {
    width = Double(size.width)
    height = Double(size.height)
    let room = width - 2 * Self.margin
    var top = Self.margin - 4
    typealias Font = PlotTheme.Font
    func add(_ text: String, _ font: Canvas.Font, lines count: Int, isSoft: Bool, gap: Double) {
      for line in drawing.wrapped(text, maximumWidth: room, maximumLines: count, font: font) {
        top += font.size * Self.lineHeight
        lines.append(
          TextLine(
            text: line, x: Self.margin, y: top - 0.3 * font.size, font: font, isSoft: isSoft))
      }
      top += gap
    }
    add(plot.title, Font.title, lines: 2, isSoft: false, gap: 1)
    // A low picture keeps its height for the curves.
    let isLow = height < Self.leastHeightWithNotes
    if !plot.subtitle.isEmpty, !isLow {
      add(plot.subtitle, Font.subtitle, lines: 3, isSoft: true, gap: 2)
    }
    if !plot.legend.isEmpty { top = placeLegend(plot.legend, from: top + 4, drawing) }
    top += 8

    var bottom = height - Self.margin + 6
    var notes: [TextLine] = []
    let noteLines = (isLow ? [] : plot.notes).flatMap {
      drawing.wrapped($0, maximumWidth: room, maximumLines: 3, font: Font.note)
    }
    for line in noteLines.suffix(6).reversed() {
      notes.append(TextLine(text: line, x: Self.margin, y: bottom - 3, font: Font.note))
      bottom -= Font.note.size * Self.lineHeight
    }
    lines += notes
    if !notes.isEmpty { bottom -= 6 }
    placePanels(plot, top: top, bottom: bottom, drawing)
  }

  /// In rows from the left; a long name is shortened.
  ///
  /// Returns where the last row ends.
  private mutating func placeLegend(
    _ entries: [LegendEntry], from top: Double, _ drawing: any Drawing
  ) -> Double {
    let font = PlotTheme.Font.legend
    let rowHeight = font.size * 1.6
    var (x, y) = (Self.margin, top + rowHeight)
    for entry in entries {
      let text = drawing.elided(
        entry.name, maximumWidth: min(420, width - 2 * Self.margin - Self.sampleWidth - 8),
        font: font)
      let itemWidth = Self.sampleWidth + 6 + drawing.width(of: text, font: font)
      if x > Self.margin, x + itemWidth > width - Self.margin {
        x = Self.margin
        y += rowHeight
      }
      legend.append(LegendItem(entry: entry, text: text, x: x, y: y - 0.3 * rowHeight))
      x += itemWidth + 20
    }
    return y
  }

  private mutating func placePanels(
    _ plot: Plot, top: Double, bottom: Double, _ drawing: any Drawing
  ) {
    let axes = plot.panels.map { panel in
      (
        x: ResolvedAxis(panel.x, of: panel.marks, alongX: true),
        y: ResolvedAxis(panel.y, of: panel.marks, alongX: false)
      )
    }
    let gaps = Double(max(0, plot.panels.count - 1)) * Self.panelGap
    let shares = plot.panels.reduce(0) { $0 + $1.share }
    let right =
      width - Self.margin
      - (plot.shades == nil ? 0 : Self.shadeBarWidth + Self.shadeLabelWidth + 16)
    var frameHeights = plot.panels.map {
      max(30, (bottom - top - gaps) * $0.share / shares - 60)
    }
    // What labels take depends on the ticks, and these on the room that labels leave.
    for _ in 0..<2 {
      var y = top
      var measured: [PanelLayout] = []
      for (index, panel) in plot.panels.enumerated() {
        let given = (bottom - top - gaps) * panel.share / shares
        let layout = PanelLayout(
          panel, axes[index], left: Self.margin, right: right, top: y, height: given,
          frameHeight: frameHeights[index], on: drawing)
        measured.append(layout)
        frameHeights[index] = layout.frame.height
        y += given + Self.panelGap
      }
      // Frames of panels begin and end at one line.
      if measured.count > 1, !plot.panels.contains(where: \.isSquare) {
        let left = measured.map(\.frame.x).max() ?? 0
        let end = measured.map(\.frame.right).min() ?? right
        for index in measured.indices {
          measured[index].frame.width = end - left
          measured[index].frame.x = left
        }
      }
      panels = measured
    }
    if plot.shades != nil, let frame = panels.first?.frame {
      shadeBar = Canvas.Rectangle(
        x: frame.right + 18, y: frame.y + 22, width: Self.shadeBarWidth,
        height: max(40, min(220, frame.height - 30)))
    }
  }
}
