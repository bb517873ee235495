/// A small table for the terminal: columns aligned, numbers to the right.
package struct TextTable: Sendable {
  package enum Alignment: Sendable { case left, right }

  package var header: [String]
  package var rows: [[String]] = []
  /// Alignment by column; nil aligns a column right when all its cells start like numbers.
  package var alignments: [Alignment]?
  package var indent = 0

  package init(_ header: [String] = [], rows: [[String]] = [], indent: Int = 0) {
    self.header = header
    self.rows = rows
    self.indent = indent
  }

  /// The table as lines joined by line ends, without a final one; the last column may run on.
  package func rendered(paint: Paint = Paint(isOn: false)) -> String {
    let all = (header.isEmpty ? [] : [header]) + rows
    let columnCount = all.map(\.count).max() ?? 0
    let widths = (0..<columnCount).map { column in
      all.map { $0[checked: column]?.count ?? 0 }.max() ?? 0
    }
    let sides = (0..<columnCount).map { alignments?[checked: $0] ?? alignment(ofColumn: $0) }
    let lines = all.enumerated().map { index, row in
      let cells = (0..<columnCount).map { column in
        let cell = row[checked: column] ?? ""
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        let isLast = column == columnCount - 1
        return sides[column] == .right ? padding + cell : isLast ? cell : cell + padding
      }
      let line = String(repeating: " ", count: indent) + cells.joined(separator: "  ")
      let trimmed = String(line.reversed().drop { $0 == " " }.reversed())
      return index == 0 && !header.isEmpty ? paint.dim(trimmed) : trimmed
    }
    return lines.joined(separator: "\n")
  }

  private func alignment(ofColumn column: Int) -> Alignment {
    let cells = rows.compactMap { $0[checked: column] }.filter { !$0.isEmpty && $0 != "-" }
    let areNumbers = cells.allSatisfy { cell in
      guard let first = cell.first else { return false }
      return first.isNumber || (first == "-" || first == "+" || first == ".") && cell.count > 1
    }
    return areNumbers && !cells.isEmpty ? .right : .left
  }
}
