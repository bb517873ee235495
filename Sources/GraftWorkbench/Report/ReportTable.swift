import GraftBase

/// A table of a report: its head says what columns hold, and the script lets readers sort by them.
struct ReportTable {
  struct Cell {
    var content: HTML
    /// What it is sorted by; nil sorts by its text.
    var value: Double?

    init(_ content: HTML, value: Double? = nil) {
      self.content = content
      self.value = value
    }

    /// What is not known, or does not apply.
    static let none = Cell("–")

    /// A number as text, sorted by its value.
    static func number(_ value: Double?, _ text: (Double) -> String) -> Cell {
      guard let value, value.isFinite else { return .none }
      return Cell(HTML(text: text(value)), value: value)
    }

    static func number(_ value: Int?, _ text: (Int) -> String = { $0.groupedText }) -> Cell {
      guard let value else { return .none }
      return Cell(HTML(text: text(value)), value: Double(value))
    }
  }

  struct Column {
    var title: HTML
    var isNumber: Bool

    /// A column of names or texts.
    static func text(_ title: HTML) -> Column { Column(title: title, isNumber: false) }
    static func number(_ title: HTML) -> Column { Column(title: title, isNumber: true) }
  }

  /// What it shows, for those who hear it.
  let caption: String
  let columns: [Column]
  /// The first cell of a row names it.
  var rows: [[Cell]] = []
  /// A last row that stays last.
  var total: [Cell] = []
  var isSortable = true

  /// Rows from which on it scrolls by itself, with its head in place.
  private static let longest = 40

  init(_ caption: String, _ columns: [Column]) {
    self.caption = caption
    self.columns = columns
  }

  mutating func add(_ cells: Cell...) { rows.append(cells) }

  /// The table in a box of its own, which scrolls where the page is too narrow.
  var html: HTML {
    let head = HTML(
      "tr", [:],
      columns.map {
        HTML("th", ["scope": "col", "class": $0.isNumber ? "number" : nil], $0.title)
      })
    var parts = [
      HTML("caption", [:], HTML("span", [:], HTML.name(caption))), HTML("thead", [:], head),
      HTML("tbody", [:], rows.map(row)),
    ]
    if !total.isEmpty { parts.append(HTML("tfoot", [:], row(total))) }
    return HTML(
      "div",
      [
        "class": rows.count > Self.longest ? "scroll tall" : "scroll", "tabindex": "0",
        "role": "group", "aria-label": caption,
      ],
      HTML("table", ["class": isSortable && rows.count > 1 ? "sortable" : nil], parts))
  }

  private func row(_ cells: [Cell]) -> HTML {
    HTML(
      "tr", [:],
      cells.enumerated().map { index, cell in
        let kind = columns[checked: index]?.isNumber == true ? "number" : nil
        let value = cell.value.map { $0.shortText }
        return index == 0
          ? HTML("th", ["scope": "row", "class": kind, "data-value": value], cell.content)
          : HTML("td", ["class": kind, "data-value": value], cell.content)
      })
  }
}
