import GraftBase
import GraftDrawing

/// A labeled grid of images on one page: samples of a data set, augmented copies, predictions.
///
/// Rows may have a label on the left (one pipeline per row), cells a caption below and a colored
/// frame. Images keep their aspect; small ones are enlarged in whole multiples, so that
/// the pixels are exactly those that an encoder sees.
package struct ContactSheet {
  /// What a cell's frame says: green is right, red is wrong.
  package enum Tone: Sendable { case neutral, good, bad }

  package struct Cell: Sendable {
    package var image: Image
    package var caption: String
    package var tone: Tone
    package var marks: Marks?
    /// Instead of a caption: lines that are not wrapped but each shortened to the width of the cell.
    package var lines: [Line] = []

    package init(
      _ image: Image, caption: String = "", tone: Tone = .neutral, marks: Marks? = nil
    ) {
      self.image = image
      self.caption = caption
      self.tone = tone
      self.marks = marks
    }

    package init(_ image: Image, lines: [Line], tone: Tone = .neutral, marks: Marks? = nil) {
      self.init(image, tone: tone, marks: marks)
      self.lines = lines
    }
  }

  package struct Row: Sendable {
    package var label: String
    /// Instead of a label: lines that are not wrapped but each shortened.
    package var lines: [Line] = []
    package var cells: [Cell]

    package init(label: String = "", cells: [Cell]) {
      self.label = label
      self.cells = cells
    }

    package init(lines: [Line], cells: [Cell]) {
      self.init(cells: cells)
      self.lines = lines
    }
  }

  package var title: String
  package var subtitle: String
  package var rows: [Row]
  /// The side of the square that an image is fitted into, in pixels.
  package var cellSize: Int

  /// The color around the images.
  package static let backgroundColor = FillColor(red: 0xF7, green: 0xF6, blue: 0xF3)

  package init(title: String, subtitle: String = "", rows: [Row], cellSize: Int = 144) {
    precondition(cellSize > 0, "cells without pixels")
    self.title = title
    self.subtitle = subtitle
    self.rows = rows
    self.cellSize = cellSize
  }

  /// A sheet that fills rows of `columns` cells one after the other.
  package init(
    title: String, subtitle: String = "", cells: [Cell], columns: Int, cellSize: Int = 144
  ) {
    precondition(columns > 0, "a sheet without columns")
    let rows = stride(from: 0, to: cells.count, by: columns).map {
      Row(cells: Array(cells[$0..<min($0 + columns, cells.count)]))
    }
    self.init(title: title, subtitle: subtitle, rows: rows, cellSize: cellSize)
  }

  /// A sheet that fills rows of as many cells as leave the last one the fullest.
  package init(title: String, subtitle: String = "", cells: [Cell], cellSize: Int = 160) {
    self.init(
      title: title, subtitle: subtitle, cells: cells, columns: Self.columns(for: cells.count),
      cellSize: cellSize)
  }

  /// Up to 6 for a page of images, 8 for more.
  package static func columns(for count: Int) -> Int {
    guard count > 6 else { return max(1, count) }
    guard count <= 30 else { return 8 }
    let choices = [6, 5, 4]
    func empty(_ columns: Int) -> Int { (columns - count % columns) % columns }
    return choices.min { (empty($0), -$0) < (empty($1), -$1) } ?? 6
  }

  /// The sheet as an image; throws when it would be too large to draw.
  package func drawn() throws -> Image {
    let measure = try Canvas(width: 1, height: 1, background: Style.background)
    let layout = Layout(of: self, measuredOn: measure)
    let canvas = try Canvas(
      width: layout.width, height: layout.height, background: Style.background)
    drawHeading(on: canvas, layout)
    for (row, rowLayout) in zip(rows, layout.rows) {
      drawLabel(rowLayout, on: canvas)
      for (column, cell) in row.cells.enumerated() {
        let x = layout.gridX + column * (cellSize + Style.gap)
        drawCell(cell, caption: rowLayout.captions[column], x: x, y: rowLayout.y, on: canvas)
      }
    }
    return canvas.image()
  }

  /// As much of the sheet as a canvas has room for, and how many of its images are left out.
  package func fittingCanvas() throws -> (sheet: ContactSheet, left: Int) {
    let mostColumns = (Canvas.largestSide - 400) / (cellSize + Style.gap)
    var sheet = self
    for row in rows.indices where rows[row].cells.count > mostColumns {
      sheet.rows[row].cells = Array(rows[row].cells.prefix(mostColumns))
    }
    let measure = try Canvas(width: 1, height: 1, background: Style.background)
    let layout = Layout(of: sheet, measuredOn: measure)
    let mostHeight = min(Canvas.largestSide, Canvas.mostPixels / layout.width) - 2 * Style.margin
    if layout.height > mostHeight {
      let next = layout.rows.dropFirst().map(\.y) + [layout.height]
      let count = next.prefix { $0 <= mostHeight }.count
      sheet.rows = Array(sheet.rows.prefix(max(1, count)))
    }
    let shown = sheet.rows.reduce(0) { $0 + $1.cells.count }
    return (sheet, rows.reduce(0) { $0 + $1.cells.count } - shown)
  }

  /// One image of the sheet by itself, as large as it is there, with its marks.
  package func image(of cell: Cell) throws -> Image {
    let image = Self.masked(cell.image.fitted(into: cellSize), cell.marks)
    guard let marks = cell.marks, !marks.annotation.boxes.isEmpty else { return image }
    let canvas = try Canvas(
      width: image.width, height: image.height, background: Style.background)
    canvas.draw(image, x: 0, y: 0)
    Self.drawBoxes(marks, on: canvas, size: cell.image.size, shown: image.size, x: 0, y: 0)
    return canvas.image()
  }

  private func drawHeading(on canvas: Canvas, _ layout: Layout) {
    var y = Double(Style.margin)
    for (index, line) in layout.title.enumerated() {
      y += index == 0 ? Style.title.size : Style.titleLineHeight
      canvas.text(line, x: Double(Style.margin), y: y, font: Style.title, Style.ink)
    }
    for (index, line) in layout.subtitle.enumerated() {
      y += index == 0 ? Style.subtitle.size + 8 : Style.lineHeight
      canvas.text(line, x: Double(Style.margin), y: y, font: Style.subtitle, Style.softInk)
    }
  }

  private func drawLabel(_ row: Layout.Row, on canvas: Canvas) {
    let height = Double(row.label.count) * Style.lineHeight
    var y = Double(row.y) + max((Double(cellSize) - height) / 2, 0) + Style.label.size
    for line in row.label {
      canvas.text(line.text, x: Double(Style.margin), y: y, font: Style.label, line.color)
      y += Style.lineHeight
    }
  }

  private func drawCell(
    _ cell: Cell, caption: [Layout.CaptionLine], x: Int, y: Int, on canvas: Canvas
  ) {
    let square = Canvas.Rectangle(
      x: Double(x), y: Double(y), width: Double(cellSize), height: Double(cellSize))
    canvas.fill(square, Style.mount)
    let image = Self.masked(cell.image.fitted(into: cellSize), cell.marks)
    let left = x + (cellSize - image.width) / 2
    let top = y + (cellSize - image.height) / 2
    canvas.draw(image, x: left, y: top)
    Self.drawBoxes(
      cell.marks, on: canvas, size: cell.image.size, shown: image.size, x: left, y: top)
    drawFrame(cell.tone, around: square, on: canvas)
    var baseLine = Double(y + cellSize) + Style.captionGap + Style.caption.size
    for line in caption {
      canvas.text(
        line.text, x: Double(x) + Double(cellSize) / 2, y: baseLine, font: Style.caption,
        line.color, alignment: .center)
      baseLine += Style.lineHeight
    }
  }

  private func drawFrame(_ tone: Tone, around square: Canvas.Rectangle, on canvas: Canvas) {
    let color = Style.color(of: tone)
    let lineWidth = color == nil ? 1.0 : 3.0
    let outset = lineWidth / 2
    canvas.stroke(
      Canvas.Rectangle(
        x: square.x - outset, y: square.y - outset, width: square.width + lineWidth,
        height: square.height + lineWidth), color ?? Style.hairline, lineWidth: lineWidth)
  }
}

extension Image {
  /// The image scaled, with its aspect, to the largest size that fits a square of `side`.
  package func fitted(into side: Int) -> Image {
    let long = max(width, height)
    if long * 2 <= side {
      let factor = side / long
      return resized(
        to: ImageSize(width: width * factor, height: height * factor), filter: .nearest)
    }
    let size = ImageSize(
      width: max(1, (width * side + long / 2) / long),
      height: max(1, (height * side + long / 2) / long))
    return resized(to: size, filter: .bicubic)
  }
}
