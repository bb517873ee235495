/// A table in plain text: columns aligned, numbers to the right.
package struct TextTable: Sendable, CustomStringConvertible {
  package enum Alignment: Sendable { case left, right }

  package var header: [String]
  package var rows: [[String]] = []
  /// Alignment by column; nil aligns a column right when all its cells start like numbers.
  package var alignments: [Alignment]?
  package var indent = 0

  package init(
    _ header: [String] = [], rows: [[String]] = [], alignments: [Alignment]? = nil, indent: Int = 0
  ) {
    self.header = header
    self.rows = rows
    self.alignments = alignments
    self.indent = indent
  }

  /// A table of numbers by name: the first column to the left, all others to the right.
  package init(ofNumbers header: [String], indent: Int = 0) {
    let numbers = [Alignment](repeating: .right, count: max(0, header.count - 1))
    self.init(header, alignments: [.left] + numbers, indent: indent)
  }

  package mutating func add(_ row: [String]) { rows.append(row) }

  package var description: String { rendered() }

  /// The table as lines joined by line ends, without a final one; the last column may run on.
  ///
  /// `paintHeader` gets the finished header line, so that colors do not count as width.
  package func rendered(paintHeader: (String) -> String = { $0 }) -> String {
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
        return sides[column] == .right ? padding + cell : cell + padding
      }
      let line = String(repeating: " ", count: indent) + cells.joined(separator: "  ")
      let trimmed = String(line.reversed().drop { $0 == " " }.reversed())
      return index == 0 && !header.isEmpty ? paintHeader(trimmed) : trimmed
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
