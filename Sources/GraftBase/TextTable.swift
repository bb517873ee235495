/// A table in plain text: columns aligned, numbers to the right.
package struct TextTable: Sendable, CustomStringConvertible {
  package enum Alignment: Sendable { case left, right }

  package var header: [String]
  package var rows: [[String]] = []
  /// Alignment by column; nil aligns a column right when all its cells start like numbers.
  package var alignments: [Alignment]?
  package var indent = 0
  /// What columns do where the table does not fit; nil lets the last column wrap if its cells stand left.
  package var flexibilities: [Int: Flexibility]?

  package init(
    _ header: [String] = [], rows: [[String]] = [], alignments: [Alignment]? = nil,
    indent: Int = 0, flexibilities: [Int: Flexibility]? = nil
  ) {
    self.header = header
    self.rows = rows
    self.alignments = alignments
    self.indent = indent
    self.flexibilities = flexibilities
  }

  /// A table of numbers by name: the first column to the left, all others to the right.
  package init(ofNumbers header: [String], indent: Int = 0) {
    let numbers = [Alignment](repeating: .right, count: max(0, header.count - 1))
    self.init(
      header, alignments: [.left] + numbers, indent: indent,
      flexibilities: [0: .shortens(atLeast: 12)])
  }

  package mutating func add(_ row: [String]) { rows.append(row) }

  package var description: String { rendered() }

  /// The table as lines joined by line ends, without a final one.
  ///
  /// - Parameters:
  ///   - width: the room in columns of a terminal; nil, for all that is no terminal, keeps every row on one
  ///     line.
  ///   - paintHeader: gets finished header lines, so that colors do not count as width.
  package func rendered(
    width: Int? = nil, paintHeader: (String) -> String = { $0 }
  ) -> String {
    let layout = Layout(of: self, width: width)
    let head = header.isEmpty ? [] : layout.lines(of: header, isHeader: true).map(paintHeader)
    let note = layout.note.map { [String(repeating: " ", count: indent) + $0] } ?? []
    return (head + rows.flatMap { layout.lines(of: $0, isHeader: false) } + note)
      .joined(separator: "\n")
  }

  func alignment(ofColumn column: Int) -> Alignment {
    if let given = alignments?[checked: column] { return given }
    let cells = rows.compactMap { $0[checked: column] }.filter { !$0.isEmpty && $0 != "-" }
    let areNumbers = cells.allSatisfy { cell in
      guard let first = cell.first else { return false }
      return first.isNumber || (first == "-" || first == "+" || first == ".") && cell.count > 1
    }
    return areNumbers && !cells.isEmpty ? .right : .left
  }
}
