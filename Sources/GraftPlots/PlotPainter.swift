import GraftDrawing

/// Draws a plot on any drawing.
package struct PlotPainter {
  let plot: Plot
  let theme: PlotTheme
  let drawing: any Drawing
  let layout: PlotLayout

  package init(_ plot: Plot, size: PlotSize, theme: PlotTheme, on drawing: any Drawing) {
    self.plot = plot
    self.theme = theme
    self.drawing = drawing
    layout = PlotLayout(of: plot, size: size, on: drawing)
  }

  package func draw() {
    drawing.fill(
      Canvas.Rectangle(x: 0, y: 0, width: layout.width, height: layout.height), theme.background)
    drawing.group("heading") {
      for line in layout.lines {
        drawing.text(
          line.text, x: line.x, y: line.y, font: line.font,
          line.isSoft ? theme.softText : theme.text)
      }
    }
    if !layout.legend.isEmpty { drawing.group("legend") { drawLegend() } }
    for panel in layout.panels {
      drawing.group("panel") {
        drawing.group("axes") { drawAxes(panel) }
        for mark in panel.panel.marks { draw(mark, in: panel) }
        drawing.group("names") { drawLabels(panel) }
      }
    }
    if let shades = plot.shades, let bar = layout.shadeBar { draw(shades, bar) }
  }

  // MARK: Axes

  private func drawAxes(_ panel: PanelLayout) {
    let frame = panel.frame
    let axisTitle = PlotTheme.Font.axisTitle
    if panel.hasTitles, !panel.panel.y.title.isEmpty {
      let place = panel.yTitlePlace
      let title = drawing.elided(
        panel.panel.y.title, maximumWidth: layout.width - place.x - PlotLayout.margin,
        font: axisTitle)
      drawing.text(title, x: place.x, y: place.y, font: axisTitle, theme.softText)
    }
    drawYTicks(panel)
    drawXTicks(panel)
    // Where places say nothing by themselves, as those of t-SNE, a line would look like a zero.
    if panel.panel.x.hasTicks || panel.panel.y.hasTicks {
      let bottom = frame.bottom.rounded() + 0.5
      drawing.line([(frame.x, bottom), (frame.right, bottom)], theme.axis)
    }
    guard panel.hasTitles, !panel.panel.x.title.isEmpty else { return }
    drawing.text(
      drawing.elided(
        panel.panel.x.title, maximumWidth: layout.width - 2 * PlotLayout.margin, font: axisTitle),
      x: frame.x + frame.width / 2, y: panel.xTitleY, font: axisTitle, theme.softText,
      alignment: .center)
  }

  private func drawYTicks(_ panel: PanelLayout) {
    let frame = panel.frame
    let font = PlotTheme.Font.tick
    for tick in panel.yTicks {
      let y = panel.pixelY(tick.value)
      if panel.panel.y.hasGrid {
        let line = y.rounded() + 0.5
        drawing.line([(frame.x, line), (frame.right, line)], theme.grid)
      }
      drawing.text(
        tick.text, x: frame.x - PanelLayout.tickGap, y: y + 0.36 * font.size, font: font,
        theme.softText, alignment: .right)
    }
  }

  private func drawXTicks(_ panel: PanelLayout) {
    let frame = panel.frame
    let font = PlotTheme.Font.tick
    for tick in panel.xTicks {
      let x = panel.pixelX(tick.value)
      if panel.panel.x.hasGrid {
        let line = x.rounded() + 0.5
        drawing.line([(line, frame.y), (line, frame.bottom)], theme.grid)
      }
      guard !tick.text.isEmpty else { continue }
      let top = frame.bottom + PanelLayout.tickGap
      switch panel.xAngle {
      case 0:
        drawing.text(
          tick.text, x: x, y: top + font.size - 1, font: font, theme.softText, alignment: .center)
      default:
        // The end of the name is at the tick.
        let shift = panel.xAngle == 90 ? 0.36 * font.size : 0.3 * font.size
        drawing.text(
          tick.text, x: x + shift, y: top + (panel.xAngle == 90 ? 0 : 0.5 * font.size), font: font,
          theme.softText, alignment: .right, angle: panel.xAngle)
      }
    }
  }

  // MARK: Legends

  private func drawLegend() {
    for item in layout.legend {
      let middle = item.y - 0.34 * PlotTheme.Font.legend.size
      let color = theme.color(item.entry.ink)
      let center = item.x + PlotLayout.sampleWidth / 2
      switch item.entry.sample {
      case .line, .dashes:
        drawing.line(
          [(item.x + 1, middle), (item.x + PlotLayout.sampleWidth - 1, middle)], color,
          lineWidth: 2.2, dashes: item.entry.sample == .dashes ? [4, 4] : [])
      case .symbol(let symbol): draw(symbol, x: center, y: middle, radius: 4.6, color)
      case .block:
        drawing.fill(
          Canvas.Rectangle(x: center - 7, y: middle - 6, width: 14, height: 12), color, radius: 2)
      }
      drawing.text(
        item.text, x: item.x + PlotLayout.sampleWidth + 6, y: item.y, font: PlotTheme.Font.legend,
        theme.text)
    }
  }

  /// At least two where there are so many: one alone says nothing about the others.
  private func ticks(
    of shades: ShadeLegend, most count: Int
  ) -> (values: [Double], step: Double) {
    let isWhole = shades.style == .integer
    let counts = count...max(count, 7)
    let few = Ticks.linear(shades.domain, most: count, isWhole: isWhole)
    return counts.lazy.map { Ticks.linear(shades.domain, most: $0, isWhole: isWhole) }
      .first { $0.values.count > 1 } ?? few
  }

  private func draw(_ shades: ShadeLegend, _ bar: Canvas.Rectangle) {
    drawing.group("shades") {
      let steps = 48
      for step in 0..<steps {
        let top = bar.y + bar.height * Double(step) / Double(steps)
        let next = bar.y + bar.height * Double(step + 1) / Double(steps)
        drawing.fill(
          Canvas.Rectangle(
            x: bar.x, y: top.rounded(), width: bar.width, height: next.rounded() - top.rounded()),
          theme.shade(1 - (1 - shades.lightest) * (Double(step) + 0.5) / Double(steps)))
      }
      let font = PlotTheme.Font.tick
      let (ticks, step) = ticks(of: shades, most: max(2, Int(bar.height / 40)))
      let span = shades.domain.upperBound - shades.domain.lowerBound
      for tick in ticks {
        let y = bar.bottom - bar.height * (tick - shades.domain.lowerBound) / max(span, 1e-300)
        drawing.text(
          drawing.elided(
            shades.style.tickText(tick, step: step),
            maximumWidth: PlotLayout.shadeLabelWidth - 8, font: font),
          x: bar.right + 6, y: y + 0.36 * font.size, font: font, theme.softText)
      }
      drawing.text(
        drawing.elided(
          shades.title, maximumWidth: layout.width - bar.x - 6, font: PlotTheme.Font.axisTitle),
        x: bar.x, y: bar.y - 9, font: PlotTheme.Font.axisTitle, theme.softText)
    }
  }
}
