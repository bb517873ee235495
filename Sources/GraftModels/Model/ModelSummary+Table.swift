import GraftBase
import GraftEngine

extension ModelSummary: CustomStringConvertible {
  /// The table as text: a header, the image, one line per layer, totals.
  package var description: String { text() }

  /// The same in the room of a terminal, where it has less columns if need be.
  package func text(width: Int? = nil) -> String {
    var table = TextTable(
      [
        "layer", "operation", "output", "values", "forward", "+ backward", "parameters",
        "by the formula", "multiply-adds", "receptive field",
      ],
      alignments: [.left, .left] + [TextTable.Alignment](repeating: .right, count: 5)
        + [.left, .right, .right],
      flexibilities: [
        0: .wraps(atLeast: 14), 1: .wraps(atLeast: 12), 3: .leaves(4), 4: .leaves(3),
        5: .leaves(1), 7: .leaves(0), 9: .leaves(2),
      ])
    let image = inputShape.elementCount
    table.add(
      ["image", "", Self.text(inputShape), image.groupedText, (4 * image).bytesText]
        + ["", "–", "", "–", "1 px"])
    for row in rows {
      let bytes = 4 * row.valueCount
      table.add([
        row.path, row.operation, Self.text(row.outputShape) + (row.isRoundedDown ? " ↓" : ""),
        Self.countText(row.valueCount), bytes == 0 ? "–" : bytes.bytesText,
        bytes == 0 ? "–" : (2 * bytes).bytesText, Self.countText(row.parameterCount),
        row.parameterFormula, Self.countText(row.multiplyAdds),
        row.receptiveField.map { "\($0) px" } ?? "all",
      ])
    }
    table.add([
      "total", "", "", valueCount.groupedText, activationBytes.bytesText,
      (2 * activationBytes).bytesText, Self.countText(parameterCount), "",
      Self.countText(multiplyAdds), "",
    ])
    var lines = ["\(title)", table.rendered(width: width)]
    let rounded = rows.count(where: \.isRoundedDown)
    if rounded > 0 {
      lines.append(
        "↓ \(rounded) sizes are rounded down: the stride leaves rows or columns unread")
    }
    lines.append(
      "one image: \(valueCount.countText) values, \(activationBytes.bytesText) forward, "
        + "\((2 * activationBytes).bytesText) with gradients; activation functions work in place")
    return lines.joined(separator: "\n")
  }

  private static func text(_ shape: Shape) -> String {
    shape.dimensions.dropFirst().map(String.init).joined(separator: "×")
  }

  private static func countText(_ count: Int) -> String { count == 0 ? "–" : count.groupedText }
}

extension SharingComparison: CustomStringConvertible {
  package var description: String { text() }

  package func text(width: Int? = nil) -> String {
    var table = TextTable(
      ofNumbers: ["layer", "convolution", "locally connected", "fully connected", "ratio"])
    for row in rows + [total] {
      table.add([
        row.path, row.convolution.groupedText, row.locallyConnected.groupedText,
        row.fullyConnected.groupedText,
        "1 : \(Self.ratio(row.locallyConnected, row.convolution)) : "
          + Self.ratio(row.fullyConnected, row.convolution),
      ])
    }
    return """
      \(title)
      \(table.rendered(width: width))
      convolution (M·p·q + 1)·K, locally connected M·p·q·K·w₂·h₂, fully connected M·w₁·h₁·K·w₂·h₂
      """
  }

  private static func ratio(_ count: Int, _ other: Int) -> String {
    let ratio = Double(count) / Double(max(1, other))
    return ratio < 10 ? ratio.fixedText(1) : Int(ratio.rounded()).groupedText
  }
}
