extension ModelSummary: CustomStringConvertible {
  /// The table as text: a header, one line per layer, totals.
  package var description: String {
    let header = ["layer", "operation", "output", "parameters", "multiply-adds", "sees"]
    let lines = rows.map { row in
      [
        row.path, row.operation,
        row.outputShape.dimensions.dropFirst().map(String.init)
          .joined(separator: "×"), Self.grouped(row.parameterCount),
        Self.grouped(row.multiplyAdds), row.receptiveField.map { "\($0) px" } ?? "all",
      ]
    }
    let total = ["total", "", "", Self.grouped(parameterCount), Self.grouped(multiplyAdds), ""]
    let table = [header] + lines + [total]
    let widths = header.indices.map { column in
      table.reduce(0) { max($0, $1[column].count) }
    }
    let text = table.map { cells in
      cells.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column < 2 ? cell + padding : padding + cell
      }
      .joined(separator: "  ").trimmingTrailingSpaces
    }
    return ([title] + text).joined(separator: "\n")
      + "\nactivations of one picture: \(Self.grouped(activationBytes)) bytes"
  }

  /// A whole number with its digits in threes: 11 689 512; 0 is a dash.
  private static func grouped(_ number: Int) -> String {
    guard number != 0 else { return "–" }
    var digits = ""
    for (index, digit) in String(number).reversed().enumerated() {
      if index > 0, index % 3 == 0 { digits.append(" ") }
      digits.append(digit)
    }
    return String(digits.reversed())
  }
}

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    String(reversed().drop { $0 == " " }.reversed())
  }
}
