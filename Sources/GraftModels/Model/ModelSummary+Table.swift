import GraftBase

extension ModelSummary: CustomStringConvertible {
  /// The table as text: a header, one line per layer, totals.
  package var description: String {
    var table = TextTable(
      ["layer", "operation", "output", "parameters", "multiply-adds", "sees"],
      alignments: [.left, .left, .right, .right, .right, .right])
    for row in rows {
      table.add([
        row.path, row.operation,
        row.outputShape.dimensions.dropFirst().map(String.init).joined(separator: "×"),
        Self.countText(row.parameterCount), Self.countText(row.multiplyAdds),
        row.receptiveField.map { "\($0) px" } ?? "all",
      ])
    }
    table.add(["total", "", "", Self.countText(parameterCount), Self.countText(multiplyAdds), ""])
    return "\(title)\n\(table)\nactivations of one image: \(activationBytes.groupedText) bytes"
  }

  private static func countText(_ count: Int) -> String { count == 0 ? "–" : count.groupedText }
}
