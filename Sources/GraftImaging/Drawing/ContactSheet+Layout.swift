import GraftDrawing

extension ContactSheet {
  /// Sizes, fonts and colors of every sheet, in pixels.
  enum Style {
    static let margin = 28
    /// Between two cells side by side.
    static let gap = 16
    /// Between a row's captions and the next row.
    static let rowGap = 20
    static let captionGap = 7.0
    static let lineHeight = 16.0
    static let titleLineHeight = 26.0
    static let widestLabel = 150.0
    /// How far a heading widens a sheet of few columns.
    static let widestHeading = 640.0

    static let title = Canvas.Font(size: 21, isBold: true)
    static let subtitle = Canvas.Font(size: 13)
    static let label = Canvas.Font(size: 13, isBold: true)
    static let caption = Canvas.Font(size: 12)

    static let background = Canvas.Color(0xF7F6F3)
    static let mount = Canvas.Color(0xEBE9E4)
    static let hairline = Canvas.Color(0xD3D0C9)
    static let ink = Canvas.Color(0x23262B)
    static let softInk = Canvas.Color(0x6A6F78)

    /// The color that stands for a verdict, nil for none.
    static func color(of tone: Tone) -> Canvas.Color? {
      switch tone {
      case .neutral: nil
      case .good: Canvas.Color(0x2F855A)
      case .bad: Canvas.Color(0xC0392B)
      }
    }
  }

  /// Where everything goes; made before the canvas, since it decides the canvas's size.
  struct Layout {
    struct CaptionLine {
      var text: String
      var color: Canvas.Color
    }

    struct Row {
      var y: Int
      var label: [CaptionLine]
      /// The caption of each cell.
      var captions: [[CaptionLine]]
    }

    private(set) var width = 0
    private(set) var height = 0
    private(set) var gridX = Style.margin
    private(set) var rows: [Row] = []
    private(set) var title: [String] = []
    private(set) var subtitle: [String] = []

    init(of sheet: ContactSheet, measuredOn canvas: Canvas) {
      let labels = sheet.rows.map { Self.label(of: $0, measuredOn: canvas) }
      let labelWidth =
        labels.joined().map { canvas.width(of: $0.text, font: Style.label) }.max() ?? 0
      if labelWidth > 0 { gridX += Int(labelWidth.rounded(.up)) + Style.gap }

      let columns = sheet.rows.map(\.cells.count).max() ?? 0
      let gridWidth = columns * (sheet.cellSize + Style.gap) - (columns > 0 ? Style.gap : 0)
      let heading = max(
        canvas.width(of: sheet.title, font: Style.title),
        canvas.width(of: sheet.subtitle, font: Style.subtitle))
      width = max(
        gridX + gridWidth + Style.margin, 320,
        Int(min(heading, Style.widestHeading).rounded(.up)) + 2 * Style.margin)

      let room = Double(width - 2 * Style.margin)
      title = canvas.broken(sheet.title, maximumWidth: room, font: Style.title)
      subtitle = canvas.broken(sheet.subtitle, maximumWidth: room, font: Style.subtitle)
      var y = Style.margin
      if !title.isEmpty {
        y += Int(Style.title.size) + (title.count - 1) * Int(Style.titleLineHeight)
      }
      if !subtitle.isEmpty {
        y += Int(Style.subtitle.size) + 8 + (subtitle.count - 1) * Int(Style.lineHeight)
      }
      if y > Style.margin { y += 22 }
      for (row, label) in zip(sheet.rows, labels) {
        let captions = row.cells.map { Self.caption(of: $0, sheet, measuredOn: canvas) }
        rows.append(Row(y: y, label: label, captions: captions))
        let lines = captions.map(\.count).max() ?? 0
        // A label of many lines may be higher than the image.
        let excess = Int(Double(label.count) * Style.lineHeight) - sheet.cellSize
        let below = lines > 0 ? Int(Style.captionGap + Double(lines) * Style.lineHeight) : 0
        y += sheet.cellSize + Style.rowGap + max(below, excess)
      }
      if !rows.isEmpty { y -= Style.rowGap }
      height = y + Style.margin - 6
    }

    private static func label(of row: ContactSheet.Row, measuredOn canvas: Canvas) -> [CaptionLine]
    {
      guard row.lines.isEmpty else {
        return row.lines.map {
          $0.fitted(into: Style.widestLabel, font: Style.label, measuredOn: canvas)
        }
      }
      return canvas.broken(
        row.label, maximumWidth: Style.widestLabel, font: Style.label
      ).map { CaptionLine(text: $0, color: Style.ink) }
    }

    private static func caption(
      of cell: Cell, _ sheet: ContactSheet, measuredOn canvas: Canvas
    ) -> [CaptionLine] {
      let width = Double(sheet.cellSize)
      guard cell.lines.isEmpty else {
        return cell.lines.map { $0.fitted(into: width, font: Style.caption, measuredOn: canvas) }
      }
      let lines = canvas.broken(cell.caption, maximumWidth: width, font: Style.caption)
      let color = Style.color(of: cell.tone) ?? Style.ink
      return lines.map { CaptionLine(text: $0, color: color) }
    }
  }
}
