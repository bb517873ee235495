import GraftBase

extension TerminalPlot {
  /// A panel of lines, points and rules.
  func curveLines(_ panel: Panel, rows: Int) -> [String] {
    let x = ResolvedAxis(panel.x, of: panel.marks, alongX: true)
    let y = ResolvedAxis(panel.y, of: panel.marks, alongX: false)
    let yTicks = y.ticks(most: panel.y.names == nil ? max(2, rows / 3) : rows)
    let labelWidth = min(
      columns / 3, yTicks.map { clean($0.text).displayWidth }.max() ?? 0)
    let leastWidth = 10
    let room = columns - labelWidth - 2
    // Beside curves that are too narrow for them, names are left out.
    let names = room >= leastWidth + 4 ? endNames(panel) : []
    let widestName = names.map(\.text.displayWidth).max()
    let nameWidth = widestName.map { min(16, $0, room - leastWidth - 1) + 1 } ?? 0
    let width = max(leastWidth, room - nameWidth)
    var grid = BrailleGrid(columns: width, rows: rows)
    func placeY(_ value: Double) -> Double {
      panel.y.names == nil ? 1 - y.share(value) : y.share(value)
    }
    for mark in panel.marks {
      grid.draw(mark, x: x.share, y: placeY, code: code(mark.ink)) {
        character(of: $0, mark.ink)
      }
    }

    var lines: [String] = []
    if !panel.y.title.isEmpty {
      lines.append(paint(clean(panel.y.title).shortened(to: columns), "2"))
    }
    lines += ruleLines(panel, x, margin: labelWidth + 1, width: width)
    var labels = [String](repeating: "", count: rows)
    for tick in yTicks {
      let row = grid.row(placeY(tick.value))
      if labels.indices.contains(row), labels[row].isEmpty { labels[row] = clean(tick.text) }
    }
    let ends = placed(names, rows: rows) { grid.row(placeY($0)) }
    for row in 0..<rows {
      let label = labels[row].shortened(to: labelWidth).padded(to: labelWidth, isRight: true)
      let line = grid.line(row, paint: paint)
      let end = ends[row].map { " " + paint($0.text.shortened(to: nameWidth - 1), $0.code) } ?? ""
      lines.append(label + (labels[row].isEmpty ? "│" : "┤") + line + end)
    }
    return lines + axisLines(panel, x, margin: labelWidth, width: width)
  }

  /// The x axis, its labels, its title.
  private func axisLines(
    _ panel: Panel, _ x: ResolvedAxis, margin: Int, width: Int
  ) -> [String] {
    var axis = [Character](repeating: "─", count: width)
    var labels = ""
    var count = max(2, width / 10)
    var ticks = x.ticks(most: count)
    func place(_ tick: ResolvedAxis.Tick) -> Int {
      min(width - 1, max(0, Int(x.share(tick.value) * Double(width))))
    }
    func text(_ tick: ResolvedAxis.Tick) -> String { clean(tick.text).shortened(to: 14) }
    func overlap() -> Bool {
      zip(ticks, ticks.dropFirst()).contains {
        place($0) + (text($0).displayWidth + 1) / 2 + 1 > place($1) - text($1).displayWidth / 2
      }
    }
    if panel.x.names == nil {
      while overlap(), count > 2 {
        count -= 1
        ticks = x.ticks(most: count)
      }
    } else {
      // Names that do not fit are left out evenly.
      while overlap(), ticks.count > 1 {
        ticks = ticks.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
      }
    }
    for tick in ticks {
      let center = place(tick)
      axis[center] = "┬"
      let text = text(tick)
      let start = max(0, min(width - text.displayWidth, center - text.displayWidth / 2))
      let blanks = start - labels.displayWidth
      if blanks < 0 { continue }
      labels += String(repeating: " ", count: blanks) + text
    }
    let indent = String(repeating: " ", count: margin + 1)
    var lines = [indent.dropLast() + "└" + String(axis), indent + labels]
    if !panel.x.title.isEmpty {
      let title = clean(panel.x.title).shortened(to: width)
      lines.append(
        indent + String(repeating: " ", count: (width - title.displayWidth) / 2)
          + paint(title, "2"))
    }
    return lines
  }

  /// Labels of vertical rules, each above its rule.
  private func ruleLines(
    _ panel: Panel, _ x: ResolvedAxis, margin: Int, width: Int
  ) -> [String] {
    let rules = panel.marks.compactMap { mark -> (at: Int, text: String)? in
      guard case .rule(let at, .vertical, let label) = mark.shape, x.contains(at), !label.isEmpty
      else { return nil }
      return (min(width - 1, max(0, Int(x.share(at) * Double(width)))), clean(label))
    }.sorted { $0.at < $1.at }
    var lines: [String] = []
    for rule in rules {
      let start = max(0, min(width - rule.text.displayWidth, rule.at))
      let row = lines.firstIndex { $0.displayWidth < margin + start }
      let place = row ?? lines.count
      if row == nil { lines.append("") }
      let blanks = margin + start - lines[place].displayWidth
      lines[place] += String(repeating: " ", count: max(0, blanks)) + rule.text
    }
    return lines
  }

  private struct EndName {
    var text: String
    var value: Double
    var code: String
  }

  /// The names of lines, with the last value of each; none where one line is alone, nor of lines that share
  /// a name.
  private func endNames(_ panel: Panel) -> [EndName] {
    let names = panel.marks.compactMap { mark -> EndName? in
      guard case .line(let points) = mark.shape, !mark.isFaint,
        let last = points.last(where: \.isFinite)
      else { return nil }
      return EndName(text: clean(mark.name), value: last.y, code: code(mark.ink))
    }
    let counts = Dictionary(grouping: names, by: \.text).mapValues(\.count)
    let own = names.filter { counts[$0.text] == 1 }
    return (2...12).contains(own.count) ? own : []
  }

  /// Each name in the free row that is nearest to its value.
  private func placed(_ names: [EndName], rows: Int, _ row: (Double) -> Int) -> [EndName?] {
    var result = [EndName?](repeating: nil, count: rows)
    for name in names {
      let wanted = min(rows - 1, max(0, row(name.value)))
      let free = result.indices.filter { result[$0] == nil }
        .min { (abs($0 - wanted), $0) < (abs($1 - wanted), $1) }
      if let free { result[free] = name }
    }
    return result
  }
}
