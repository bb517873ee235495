import GraftBase

/// A plot as text: Braille dots for curves, blocks for bars and tables, for terminals without pictures.
package struct TerminalPlot {
  let plot: Plot
  let columns: Int
  let rows: Int
  let isColored: Bool

  /// Fits into so many columns, and for curves into so many rows.
  package init(_ plot: Plot, columns: Int, rows: Int, isColored: Bool) {
    self.plot = plot
    self.columns = max(24, columns)
    self.rows = max(8, rows)
    self.isColored = isColored
  }

  /// Lines without a final line end.
  package var text: String {
    var lines = [paint(clean(plot.title).shortened(to: columns), "1")]
    if !plot.subtitle.isEmpty { lines += clean(plot.subtitle).wrapped(to: columns) }
    lines += legendLines
    // Notes are told below, not counted among the rows of curves.
    let taken = lines.count + plot.panels.count * 4
    let shares = plot.panels.reduce(0) { $0 + $1.share }
    for panel in plot.panels {
      let room = max(5, Int(Double(max(0, rows - taken)) * panel.share / shares))
      lines += self.lines(of: panel, rows: room)
    }
    for note in plot.notes { lines += clean(note).wrapped(to: columns).map { paint($0, "2") } }
    return lines.joined(separator: "\n")
  }

  private func lines(of panel: Panel, rows: Int) -> [String] {
    let isTable = panel.marks.contains {
      if case .cells = $0.shape { true } else { false }
    }
    if isTable { return cellLines(panel) }
    let isList = panel.marks.contains {
      if case .bars(_, .horizontal, _) = $0.shape { true } else { false }
    }
    return isList ? barLines(panel) : curveLines(panel, rows: rows)
  }

  private var legendLines: [String] {
    var lines: [String] = []
    var width = 0
    for entry in plot.legend {
      let sample =
        switch entry.sample {
        case .line: "──"
        case .dashes: "╌╌"
        case .symbol(let symbol): String(character(of: symbol, entry.ink))
        case .block: String(Self.block(of: entry.ink))
        }
      let name = clean(entry.name).shortened(to: min(40, columns - 6))
      let item = paint(sample, code(entry.ink)) + " " + name
      let itemWidth = sample.displayWidth + 1 + name.displayWidth
      if lines.isEmpty || width + 3 + itemWidth > columns {
        lines.append(item)
        width = itemWidth
      } else {
        lines[lines.count - 1] += "   " + item
        width += 3 + itemWidth
      }
    }
    return lines
  }

  // MARK: Colors and characters

  /// The colors of the terminal's own scheme, which suit its background.
  func code(_ ink: Ink) -> String {
    switch ink {
    case .series(let index):
      let codes = ["34", "33", "32", "35", "36", "31", "94", "37"]
      return codes[((index % codes.count) + codes.count) % codes.count]
    case .text: return ""
    case .muted: return "90"
    case .shade(let share): return share > 0.66 ? "34" : share > 0.33 ? "36" : "90"
    }
  }

  func paint(_ text: String, _ code: String) -> String {
    isColored && !code.isEmpty && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  func clean(_ text: String) -> String { text.escapingControlCharacters }

  /// How a point is drawn: by its symbol, or without color by a letter, where symbols are too few.
  func character(of symbol: Mark.Symbol, _ ink: Ink) -> Character {
    let samples = plot.legend.filter { if case .symbol = $0.sample { true } else { false } }
    let place = samples.firstIndex { $0.sample == .symbol(symbol) && $0.ink == ink }
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    if !isColored, samples.count > 4, let place, place < letters.count, ink != .muted {
      return letters[place]
    }
    return switch symbol {
    case .circle: ink == .muted && !isColored ? "·" : "●"
    case .square: "■"
    case .triangle: "▲"
    case .diamond: "◆"
    case .ring: "○"
    }
  }

  /// Series differ without color too.
  static func block(of ink: Ink) -> Character {
    if case .series(let index) = ink { Array("█▒░▓")[index % 4] } else { "█" }
  }
}
