import Foundation
import GraftDrawing

extension PlotPainter {
  func draw(_ mark: Mark, in panel: PanelLayout) {
    var color = theme.color(mark.ink)
    if mark.isFaint { color = color.mixed(with: theme.background, 0.55) }
    drawing.group(mark.name) {
      switch mark.shape {
      case .line(let points): drawLine(points, mark, color, panel)
      case .points(let points, let symbol):
        // Many points overlap: smaller ones, through which others can be seen.
        let isMany = points.count > 150
        var fill = color
        if isMany { fill.opacity = 0.75 }
        for point in points where isInside(point, panel) {
          draw(
            symbol, x: panel.pixelX(point.x), y: panel.pixelY(point.y),
            radius: mark.isFaint ? 2 : isMany ? 3 : 4.6, fill)
        }
      case .bars(let spans, let direction, let thickness):
        drawing.clip(to: panel.frame) {
          for span in spans where span.isFinite {
            drawing.fill(rectangle(of: span, direction, thickness, panel), color, radius: 0)
          }
        }
      case .intervals(let spans, let direction):
        for span in spans where span.isFinite { drawInterval(span, direction, color, panel) }
      case .rule(let at, let direction, _): drawRule(at, direction, mark, color, panel)
      case .cells(let cells): drawCells(cells, panel)
      case .labels, .endLabels: break
      }
    }
  }

  private func isInside(_ point: Mark.Point, _ panel: PanelLayout) -> Bool {
    panel.x.contains(point.x) && panel.y.contains(point.y)
  }

  private func drawLine(
    _ points: [Mark.Point], _ mark: Mark, _ color: Canvas.Color, _ panel: PanelLayout
  ) {
    let frame = panel.frame
    let room = Canvas.Rectangle(
      x: frame.x - 2, y: frame.y - 2, width: frame.width + 4, height: frame.height + 4)
    var single: [(x: Double, y: Double)] = []
    drawing.clip(to: room) {
      var part: [(x: Double, y: Double)] = []
      func finish() {
        if part.count > 1 {
          drawing.line(
            part, color, lineWidth: mark.isFaint ? 1.3 : 2.2, dashes: mark.isDashed ? [4, 4] : [])
        } else if let only = part.first, room.contains(x: only.x, y: only.y) {
          single.append(only)
        }
        part = []
      }
      for point in points {
        let place = (x: panel.pixelX(point.x), y: panel.pixelY(point.y))
        guard point.isFinite, place.x.isFinite, place.y.isFinite else {
          finish()
          continue
        }
        // Far outside, where drawing would lose its precision.
        part.append((place.x, min(max(place.y, frame.y - 5000), frame.bottom + 5000)))
      }
      finish()
    }
    // Whole, at the edge of the frame too.
    for place in single {
      draw(
        .single(isDashed: mark.isDashed), x: place.x, y: place.y, radius: mark.isFaint ? 2.6 : 4,
        color)
    }
  }

  private func rectangle(
    of span: Mark.Span, _ direction: Mark.Direction, _ thickness: Double, _ panel: PanelLayout
  ) -> Canvas.Rectangle {
    let half = thickness / 2
    switch direction {
    case .vertical:
      let (left, right) = (panel.pixelX(span.at - half), panel.pixelX(span.at + half))
      let (one, other) = (panel.pixelY(span.from), panel.pixelY(span.to))
      return Canvas.Rectangle(
        x: left, y: min(one, other), width: right - left, height: abs(one - other))
    case .horizontal:
      let (one, other) = (panel.pixelX(span.from), panel.pixelX(span.to))
      let (up, down) = (panel.pixelY(span.at - half), panel.pixelY(span.at + half))
      return Canvas.Rectangle(
        x: min(one, other), y: min(up, down), width: abs(one - other), height: abs(down - up))
    }
  }

  private func drawInterval(
    _ span: Mark.Span, _ direction: Mark.Direction, _ color: Canvas.Color, _ panel: PanelLayout
  ) {
    let frame = panel.frame
    let cap = 3.5
    switch direction {
    case .vertical:
      let x = panel.pixelX(span.at)
      let ends = [panel.pixelY(span.from), panel.pixelY(span.to)]
        .map { min(max($0, frame.y), frame.bottom) }
      guard x.isFinite else { return }
      drawing.line([(x, ends[0]), (x, ends[1])], color, lineWidth: 1.4)
      for end in ends { drawing.line([(x - cap, end), (x + cap, end)], color, lineWidth: 1.4) }
    case .horizontal:
      let y = panel.pixelY(span.at)
      let ends = [panel.pixelX(span.from), panel.pixelX(span.to)]
        .map { min(max($0, frame.x), frame.right) }
      guard y.isFinite else { return }
      // No taller than the room that a name has.
      let room = panel.y.band > 0 ? panel.y.band * frame.height : 20
      let width = min(1.4, 0.25 * room)
      drawing.line([(ends[0], y), (ends[1], y)], color, lineWidth: width)
      guard room > 6 else { return }
      let cap = min(cap, 0.3 * room)
      for end in ends { drawing.line([(end, y - cap), (end, y + cap)], color, lineWidth: width) }
    }
  }

  private func drawRule(
    _ at: Double, _ direction: Mark.Direction, _ mark: Mark, _ color: Canvas.Color,
    _ panel: PanelLayout
  ) {
    let frame = panel.frame
    let isVertical = direction == .vertical
    guard isVertical ? panel.x.contains(at) : panel.y.contains(at) else { return }
    let place = isVertical ? panel.pixelX(at) : panel.pixelY(at)
    drawing.line(
      isVertical
        ? [(place, frame.y), (place, frame.bottom)] : [(frame.x, place), (frame.right, place)],
      color, lineWidth: 1.4, dashes: mark.isDashed ? [4, 4] : [])
  }

  private func drawCells(_ cells: [Mark.Cell], _ panel: PanelLayout) {
    func edge(_ value: Double, _ pixel: (Double) -> Double) -> Double {
      // Cells meet at whole pixels, so that no line of the background shines through.
      pixel(value).rounded()
    }
    let size = min(panel.x.band * panel.frame.width, panel.y.band * panel.frame.height)
    let gap = size >= 14 ? 1.0 : 0
    let longest = cells.map(\.text.count).max() ?? 0
    let font = Canvas.Font(size: min(13, max(7, 0.36 * size)))
    let widest =
      cells.filter { $0.text.count == longest }.prefix(20)
      .map { drawing.width(of: $0.text, font: font) }.max() ?? 0
    let hasTexts = size >= 18 && widest <= size - 3
    // What has no cell is the least.
    drawing.fill(panel.frame, theme.shade(0))
    for cell in cells {
      let left = edge(Double(cell.column) - 0.5, panel.pixelX)
      let right = edge(Double(cell.column) + 0.5, panel.pixelX)
      let up = edge(Double(cell.row) - 0.5, panel.pixelY)
      let down = edge(Double(cell.row) + 0.5, panel.pixelY)
      let color = theme.shade(cell.shade)
      drawing.fill(
        Canvas.Rectangle(
          x: left, y: up, width: max(1, right - left - gap), height: max(1, down - up - gap)),
        color)
      guard hasTexts, !cell.text.isEmpty else { continue }
      drawing.text(
        cell.text, x: (left + right - gap) / 2, y: (up + down - gap) / 2 + 0.36 * font.size,
        font: font, theme.text(on: color), alignment: .center)
    }
  }

  func draw(
    _ symbol: Mark.Symbol, x: Double, y: Double, radius: Double, _ color: Canvas.Color
  ) {
    switch symbol {
    case .circle: drawing.disk(x: x, y: y, radius: radius, color, outline: nil)
    case .ring: drawing.disk(x: x, y: y, radius: radius, theme.background, outline: color)
    case .square:
      let half = radius * 0.886
      drawing.fill(
        Canvas.Rectangle(x: x - half, y: y - half, width: 2 * half, height: 2 * half), color)
    case .triangle:
      let size = radius * 1.25
      drawing.area(
        [(x, y - size), (x + 0.95 * size, y + 0.7 * size), (x - 0.95 * size, y + 0.7 * size)], color
      )
    case .diamond:
      let size = radius * 1.25
      drawing.area([(x, y - size), (x + size, y), (x, y + size), (x - size, y)], color)
    }
  }
}
