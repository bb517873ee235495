import GraftBase

/// Names side by side, column by column, as `ls` does.
package enum ColumnLayout {
  package static func text(_ names: [String], width: Int) -> String {
    guard !names.isEmpty else { return "" }
    for columnCount in stride(from: min(names.count, 12), to: 1, by: -1) {
      let rowCount = (names.count + columnCount - 1) / columnCount
      let columns = stride(from: 0, to: names.count, by: rowCount).map {
        Array(names[$0..<min($0 + rowCount, names.count)])
      }
      let widths = columns.map { column in column.map(\.displayWidth).max() ?? 0 }
      guard widths.reduce(0, +) + 2 * (widths.count - 1) <= width else { continue }
      return (0..<rowCount).map { row in
        columns.enumerated().compactMap { index, column in
          column[checked: row].map { name in
            index == columns.count - 1 || columns[index + 1][checked: row] == nil
              ? name : name.padded(to: widths[index])
          }
        }.joined(separator: "  ")
      }.joined(separator: "\n")
    }
    return names.joined(separator: "\n")
  }
}
