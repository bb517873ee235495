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

    package init(
      _ image: Image, caption: String = "", tone: Tone = .neutral, marks: Marks? = nil
    ) {
      self.image = image
      self.caption = caption
      self.tone = tone
      self.marks = marks
    }
  }

  package struct Row: Sendable {
    package var label: String
    package var cells: [Cell]

    package init(label: String = "", cells: [Cell]) {
      self.label = label
      self.cells = cells
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
        drawCell(cell, captionLines: rowLayout.captions[column], x: x, y: rowLayout.y, on: canvas)
      }
    }
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
      canvas.text(line, x: Double(Style.margin), y: y, font: Style.label, Style.ink)
      y += Style.lineHeight
    }
  }

  private func drawCell(
    _ cell: Cell, captionLines: [String], x: Int, y: Int, on canvas: Canvas
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
    for line in captionLines {
      canvas.text(
        line, x: Double(x) + Double(cellSize) / 2, y: baseLine, font: Style.caption,
        Style.color(of: cell.tone) ?? Style.ink, alignment: .center)
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
  fileprivate func fitted(into side: Int) -> Image {
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
