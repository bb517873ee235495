extension TextTable {
  /// What a column does in a table that is wider than its room.
  ///
  /// Headers wrap in any column.
  package enum Flexibility: Sendable, Equatable {
    /// Its cells go on in further lines.
    case wraps(atLeast: Int)
    /// Its cells end in `…`.
    case shortens(atLeast: Int)
    /// It is left out, and a note says so; of several the lowest number goes first.
    case leaves(Int)
  }

  /// Which columns are shown, and how wide.
  struct Layout {
    private let columns: [Int]
    private let widths: [Int]
    private let alignments: [Alignment]
    private let flexibilities: [Int: Flexibility]
    private let indent: Int
    /// Whether a terminal shows it, which may set letters from right to left.
    private let isOnTerminal: Bool
    /// Names the columns that are left out.
    let note: String?

    init(of table: TextTable, width: Int?) {
      let all = (table.header.isEmpty ? [] : [table.header]) + table.rows
      let count = all.map(\.count).max() ?? 0
      let alignments = (0..<count).map { table.alignment(ofColumn: $0) }
      let flexibilities =
        table.flexibilities
        ?? (alignments.last == .left ? [count - 1: .wraps(atLeast: 20)] : [:])
      var widths = (0..<count).map { column in
        all.map { $0[checked: column]?.displayWidth ?? 0 }.max() ?? 0
      }
      var columns = Array(0..<count)
      if let width {
        let least = columns.map { Self.leastWidth($0, of: table, widths, flexibilities) }
        (columns, widths) = Self.fit(widths, least, flexibilities, to: width - table.indent)
      }
      let names = (0..<count).filter { !columns.contains($0) }
        .compactMap { table.header[checked: $0] }
      note = names.isEmpty ? nil : "not shown for want of room: " + names.joined(separator: ", ")
      self.widths = columns.map { widths[$0] }
      self.columns = columns
      self.alignments = alignments
      self.flexibilities = flexibilities
      indent = table.indent
      isOnTerminal = width != nil
    }

    /// The columns that stay, and all widths: columns leave until the least widths fit, then the widest
    /// that can is narrowed.
    private static func fit(
      _ natural: [Int], _ least: [Int], _ flexibilities: [Int: Flexibility], to room: Int
    ) -> (columns: [Int], widths: [Int]) {
      var columns = Array(natural.indices)
      func total(_ widths: [Int]) -> Int {
        columns.reduce(0) { $0 + widths[$1] } + 2 * max(0, columns.count - 1)
      }
      while total(least) > room, let next = nextToLeave(columns, flexibilities) {
        columns.removeAll { $0 == next }
      }
      var widths = natural
      while total(widths) > room {
        let widest = columns.filter { widths[$0] > least[$0] }.max { widths[$0] < widths[$1] }
        guard let widest else { break }
        widths[widest] -= 1
      }
      return (columns, widths)
    }

    private static func nextToLeave(
      _ columns: [Int], _ flexibilities: [Int: Flexibility]
    ) -> Int? {
      let orders = columns.compactMap { column -> (column: Int, order: Int)? in
        guard case .leaves(let order)? = flexibilities[column] else { return nil }
        return (column, order)
      }
      return orders.min { $0.order < $1.order }?.column
    }

    /// The least that a column can be made: what its cells need, and the longest word of its header.
    private static func leastWidth(
      _ column: Int, of table: TextTable, _ natural: [Int], _ flexibilities: [Int: Flexibility]
    ) -> Int {
      let words = (table.header[checked: column] ?? "").split(separator: " ")
      let header = words.map { String($0).displayWidth }.max() ?? 0
      let cells = table.rows.map { $0[checked: column]?.displayWidth ?? 0 }.max() ?? 0
      return switch flexibilities[column] {
      case .wraps(let least)?, .shortens(let least)?:
        min(natural[column], max(header, least))
      case .leaves?, nil: max(header, cells)
      }
    }

    private func closed(_ cell: String) -> String {
      isOnTerminal ? cell.closedLeftToRight : cell
    }

    /// The lines that a row takes; all but one where cells wrap.
    func lines(of row: [String], isHeader: Bool) -> [String] {
      let cells = zip(columns, widths).map { column, width -> [String] in
        let cell = row[checked: column] ?? ""
        guard cell.displayWidth > width else { return [cell] }
        if isHeader { return cell.wrapped(to: width) }
        return switch flexibilities[column] {
        case .wraps?: cell.wrapped(to: width)
        case .shortens?: [cell.shortened(to: width)]
        case .leaves?, nil: [cell]
        }
      }
      return (0..<(cells.map(\.count).max() ?? 1)).map { index in
        let padded = zip(cells, zip(columns, widths)).map { lines, place in
          closed(lines[checked: index] ?? "")
            .padded(to: place.1, isRight: alignments[place.0] == .right)
        }
        let line = String(repeating: " ", count: indent) + padded.joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
      }
    }
  }
}
