import GraftBase

/// The numbers of a plot by column.
package struct PlotTable: Sendable, Equatable {
  package enum Values: Sendable, Equatable {
    /// nil where there is none.
    case numbers([Double?])
    case texts([String])

    package var count: Int {
      switch self {
      case .numbers(let values): values.count
      case .texts(let values): values.count
      }
    }
  }

  package struct Column: Sendable, Equatable {
    package let name: String
    package let values: Values
  }

  package private(set) var columns: [Column] = []

  package init() {}

  /// The table with one more column, as long as the others.
  package func adding(_ name: String, _ numbers: [Double?]) -> PlotTable {
    adding(Column(name: name, values: .numbers(numbers)))
  }

  package func adding(_ name: String, _ texts: [String]) -> PlotTable {
    adding(Column(name: name, values: .texts(texts)))
  }

  private func adding(_ column: Column) -> PlotTable {
    precondition(columns.isEmpty || column.values.count == rowCount, "columns of one length")
    var result = self
    result.columns.append(column)
    return result
  }

  package var rowCount: Int { columns.first?.values.count ?? 0 }

  /// The numbers of a column, or none.
  package func numbers(_ name: String) -> [Double?] {
    guard case .numbers(let values)? = columns.first(where: { $0.name == name })?.values else {
      return []
    }
    return values
  }

  /// With a header; every digit of a number, nothing where there is none.
  package var csv: String {
    let header = columns.map(\.name.asCSVField).joined(separator: ",") + "\n"
    let rows = (0..<rowCount).map { row in
      columns.map { column in
        switch column.values {
        case .numbers(let values): values[row].map { $0.isFinite ? $0.shortText : "nan" } ?? ""
        case .texts(let values): values[row].asCSVField
        }
      }.joined(separator: ",") + "\n"
    }
    return header + rows.joined()
  }
}
