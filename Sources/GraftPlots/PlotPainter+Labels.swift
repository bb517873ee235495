import GraftDrawing

// Texts at places of the data: beside points, at ends of bars, above rules.
extension PlotPainter {
  func drawLabels(_ panel: PanelLayout) {
    drawRuleLabels(panel)
    let font = PlotTheme.Font.tick
    for mark in panel.panel.marks {
      switch mark.shape {
      case .endLabels(let labels): drawEndLabels(labels, panel, font)
      case .labels(let labels): drawPointLabels(labels, panel)
      default: break
      }
    }
  }

  private func drawRuleLabels(_ panel: PanelLayout) {
    let rows = Double((panel.ruleLabels.map(\.row).max() ?? 0) + 1)
    for label in panel.ruleLabels {
      let row = rows - 1 - Double(label.row)
      let y = panel.frame.y - row * PanelLayout.ruleRowHeight - 4
      drawing.text(
        label.text, x: panel.pixelX(label.at), y: y, font: PlotTheme.Font.tick, theme.text,
        alignment: label.alignment)
    }
    for mark in panel.panel.marks {
      guard case .rule(let at, .horizontal, let text) = mark.shape, !text.isEmpty,
        panel.y.contains(at)
      else { continue }
      drawing.text(
        text, x: panel.frame.right, y: panel.pixelY(at) - 4, font: PlotTheme.Font.tick,
        theme.softText, alignment: .right)
    }
  }

  /// At the right of the frame, one in each row that has room for a line.
  private func drawEndLabels(
    _ labels: [Mark.Label], _ panel: PanelLayout, _ font: Canvas.Font
  ) {
    let room = panel.y.band * panel.frame.height
    guard room <= 0 || room >= 0.95 * font.size else { return }
    for label in labels {
      let y = panel.pixelY(label.y)
      drawing.text(
        drawing.elided(
          label.text, maximumWidth: layout.width - panel.frame.right - 14, font: font),
        x: panel.frame.right + 8, y: y + 0.36 * font.size, font: font, theme.softText)
    }
  }

  /// Beside their points where they meet neither each other nor other points nor intervals; those without
  /// such a place are put where they meet least.
  private func drawPointLabels(_ labels: [Mark.Label], _ panel: PanelLayout) {
    let font = PlotTheme.Font.label
    let frame = panel.frame
    var taken = obstacles(in: panel)
    for label in labels {
      let (x, y) = (panel.pixelX(label.x), panel.pixelY(label.y))
      guard x.isFinite, y.isFinite, frame.contains(x: x, y: y) else { continue }
      let text = drawing.elided(label.text, maximumWidth: min(240, frame.width / 2), font: font)
      let width = drawing.width(of: text, font: font)
      let height = font.size + 2
      let places = [
        (x + 9, y - height / 2), (x - 9 - width, y - height / 2),
        (x + 7, y - height - 5), (x - 7 - width, y - height - 5), (x + 7, y + 5),
        (x - 7 - width, y + 5), (x - width / 2, y - height - 9), (x - width / 2, y + 9),
      ].map { Canvas.Rectangle(x: $0.0, y: $0.1, width: width, height: height) }
      let inside = places.filter {
        $0.x >= frame.x && $0.right <= layout.width - 8 && $0.y >= frame.y - 4
          && $0.bottom <= frame.bottom + 2
      }
      let best = inside.enumerated().min { one, other in
        (overlap(one.element, taken), one.offset) < (overlap(other.element, taken), other.offset)
      }
      guard let place = best?.element ?? places.first else { continue }
      taken.append(place)
      drawing.text(
        text, x: place.x, y: place.y + 0.82 * height, font: font, theme.text)
    }
  }

  private func overlap(_ one: Canvas.Rectangle, _ others: [Canvas.Rectangle]) -> Double {
    others.reduce(0) { sum, other in
      let width = min(one.right, other.right) - max(one.x, other.x)
      let height = min(one.bottom, other.bottom) - max(one.y, other.y)
      return sum + (width > 0 && height > 0 ? width * height : 0)
    }
  }

  /// What points, lines, vertical rules and intervals cover.
  private func obstacles(in panel: PanelLayout) -> [Canvas.Rectangle] {
    panel.panel.marks.flatMap { mark -> [Canvas.Rectangle] in
      switch mark.shape {
      case .points(let points, _):
        points.filter(\.isFinite).map {
          Canvas.Rectangle(
            x: panel.pixelX($0.x) - 5, y: panel.pixelY($0.y) - 5, width: 10, height: 10)
        }
      case .intervals(let spans, .vertical):
        spans.filter(\.isFinite).map {
          let (one, other) = (panel.pixelY($0.from), panel.pixelY($0.to))
          return Canvas.Rectangle(
            x: panel.pixelX($0.at) - 4, y: min(one, other), width: 8, height: abs(one - other))
        }
      case .line(let points): segments(of: points, in: panel)
      case .rule(let at, .vertical, _):
        [
          Canvas.Rectangle(
            x: panel.pixelX(at) - 1, y: panel.frame.y, width: 2, height: panel.frame.height)
        ]
      default: []
      }
    }
  }

  /// Small squares along a line.
  private func segments(of points: [Mark.Point], in panel: PanelLayout) -> [Canvas.Rectangle] {
    let places = points.map { (x: panel.pixelX($0.x), y: panel.pixelY($0.y)) }
    return zip(places, places.dropFirst()).flatMap { from, to -> [Canvas.Rectangle] in
      let length = abs(to.x - from.x) + abs(to.y - from.y)
      guard length.isFinite, length < 20_000 else { return [] }
      let count = max(1, Int(length / 5))
      return (0...count).map { step in
        let share = Double(step) / Double(count)
        return Canvas.Rectangle(
          x: from.x + share * (to.x - from.x) - 2, y: from.y + share * (to.y - from.y) - 2,
          width: 4,
          height: 4)
      }
    }
  }
}
