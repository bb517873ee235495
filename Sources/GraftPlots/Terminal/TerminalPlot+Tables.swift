import GraftBase

extension TerminalPlot {
  /// Rows that are shown of a long list; a file has all.
  private static let mostRows = 60

  /// A panel of bars along x: a line for each name.
  func barLines(_ panel: Panel) -> [String] {
    let names = (panel.y.names ?? []).map(clean)
    let x = ResolvedAxis(panel.x, of: panel.marks, alongX: true)
    let nameWidth = min(columns / 3, names.map(\.displayWidth).max() ?? 0)
    var ends = [String](repeating: "", count: names.count)
    for mark in panel.marks {
      guard case .endLabels(let labels) = mark.shape else { continue }
      for label in labels where ends.indices.contains(Int(label.y)) {
        ends[Int(label.y)] = clean(label.text)
      }
    }
    let endWidth = min(columns / 3, ends.map(\.displayWidth).max() ?? 0)
    let width = max(1, columns - nameWidth - endWidth - 3)
    var lines: [String] = []
    for row in names.indices.prefix(Self.mostRows) {
      var bar = ""
      var filled = 0
      for mark in panel.marks {
        guard case .bars(let spans, .horizontal, _) = mark.shape else { continue }
        for span in spans where Int(span.at.rounded()) == row && span.isFinite {
          let end = min(width, max(0, Int((x.share(span.to) * Double(width)).rounded())))
          guard end > filled else { continue }
          let block = String(repeating: Self.block(of: mark.ink), count: end - filled)
          bar += paint(block, code(mark.ink))
          filled = end
        }
      }
      let name = names[row].shortened(to: nameWidth).padded(to: nameWidth, isRight: true)
      let blanks = String(repeating: " ", count: width - filled)
      let end = ends[row].shortened(to: endWidth)
      lines.append("\(name) │" + bar + (end.isEmpty ? "" : blanks + " " + end))
    }
    if names.count > Self.mostRows {
      lines += "… and \(names.count - Self.mostRows) more; to=FILE.png shows all"
        .wrapped(to: columns)
    }
    let title = [panel.y.title, panel.x.title].filter { !$0.isEmpty }.map(clean)
    return
      (title.isEmpty ? [] : [paint(title.joined(separator: " – ").shortened(to: columns), "2")])
      + lines
  }

  /// A panel of cells: numbers where they fit, else shades.
  func cellLines(_ panel: Panel) -> [String] {
    let names = (panel.y.names ?? []).map(clean)
    let columnCount = panel.x.names?.count ?? 0
    var texts = [[String]](
      repeating: [String](repeating: "", count: columnCount), count: names.count)
    var shades = texts.map { $0.map { _ in 0.0 } }
    for mark in panel.marks {
      guard case .cells(let cells) = mark.shape else { continue }
      for cell in cells where texts.indices.contains(cell.row) && cell.column < columnCount {
        texts[cell.row][cell.column] = cell.text
        shades[cell.row][cell.column] = cell.shade
      }
    }
    let isSame = panel.x.names == panel.y.names
    let numbers = isSame ? names.indices.map { "\($0 + 1) " } : names.indices.map { _ in "" }
    let labels = zip(numbers, names).map { $0 + $1 }
    let labelWidth = min(columns / 3, labels.map(\.displayWidth).max() ?? 0)
    let room = columns - labelWidth - 2
    let longest = max(texts.joined().map(\.count).max() ?? 1, "\(columnCount)".count)
    let hasTexts = columnCount * (longest + 1) <= room
    let cellWidth = hasTexts ? longest + 1 : 2 * columnCount <= room ? 2 : 1
    guard columnCount * cellWidth <= room else {
      return "\(names.count) classes have no room in \(columns) columns; to=FILE.png shows them"
        .wrapped(to: columns)
    }
    var lines: [String] = []
    if hasTexts, isSame {
      let heads = (0..<columnCount).map { "\($0 + 1)".padded(to: cellWidth, isRight: true) }
      lines.append(String(repeating: " ", count: labelWidth + 2) + heads.joined())
    }
    for row in names.indices {
      let label = labels[row].shortened(to: labelWidth).padded(to: labelWidth, isRight: true)
      let cells = (0..<columnCount).map { column -> String in
        let text = texts[row][column]
        guard hasTexts else {
          let shade = Self.shade(shades[row][column])
          return paint(String(repeating: shade, count: cellWidth), row == column ? "32" : "33")
        }
        let shown = (text.isEmpty ? "·" : text).padded(to: cellWidth, isRight: true)
        return paint(shown, text.isEmpty ? "2" : row == column ? "32" : "33")
      }
      lines.append("\(label) │" + cells.joined())
    }
    let title = "rows \(clean(panel.y.title)), columns \(clean(panel.x.title))"
    return [paint(title.shortened(to: columns), "2")] + lines
  }

  private static func shade(_ share: Double) -> Character {
    share <= 0 ? "·" : Array("░▒▓█")[min(3, Int(share * 4))]
  }
}
