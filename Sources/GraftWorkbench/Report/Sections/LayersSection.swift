import GraftBase
import GraftEngine
import GraftModels

/// The layers of the model: shapes, parameters, multiply-adds.
enum LayersSection: ReportSection {
  static let id = "layers"
  static let title = "Model"
  private static let longest = 24

  static func content(of report: Report) throws -> HTML? {
    let summary = try report.featured.run.model.summary()
    var table = ReportTable(
      summary.title,
      [
        .text("Layer"), .text("Operation"), .number("Output"), .number("Parameters"),
        .number("Multiply-adds"), .number("Receptive field"),
      ])
    table.isSortable = false
    for row in summary.rows {
      table.add(
        ReportTable.Cell(.name(row.path)), ReportTable.Cell(HTML(text: row.operation)),
        ReportTable.Cell(HTML(text: Self.text(row.outputShape))), count(row.parameterCount),
        count(row.multiplyAdds),
        ReportTable.Cell(HTML(text: row.receptiveField.map { "\($0) px" } ?? "all")))
    }
    table.total = [
      ReportTable.Cell("Total"), ReportTable.Cell(""), ReportTable.Cell(""),
      .number(summary.parameterCount), .number(summary.multiplyAdds), ReportTable.Cell(""),
    ]
    let sentence = HTML(
      "p", [:],
      """
      \(HTML.name(report.featured.run.model.spec.name)) has \(summary.parameterCount.groupedText) parameters \
      with its head and takes \(summary.multiplyAdds.countText) multiply-adds for an image of \
      \(Self.text(summary.inputShape)).
      """)
    guard summary.rows.count > longest else { return HTML([sentence, table.html]) }
    return HTML([
      sentence,
      HTML(
        "details", ["class": "long"], HTML("summary", [:], "Table of \(summary.rows.count) layers"),
        table.html),
    ])
  }

  private static func count(_ value: Int) -> ReportTable.Cell {
    value == 0 ? .none : .number(value)
  }

  private static func text(_ shape: Shape) -> String {
    shape.dimensions.dropFirst().map(String.init).joined(separator: "×")
  }
}
