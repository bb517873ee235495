import GraftBase
import GraftModels
import GraftTraining

/// The runs: what each is, how good, and what it cost.
enum RunsSection: ReportSection {
  static let id = "runs"
  static let title = "Runs"

  static func content(of report: Report) throws -> HTML? {
    // What all runs share is in the summary.
    var columns: [ReportTable.Column] = [.text("Run")]
    if differ(report, { $0.spec.name }) { columns.append(.text("Encoder")) }
    if differ(report, { "\($0.headKind)" }) { columns.append(.text("Head")) }
    columns += [.text("Method"), .number("Epochs")]
    if let metric = report.metric {
      columns += [.number(HTML(text: metric.shortTitle)), .number("95 % interval")]
    }
    if report.comparison != nil { columns += [.number("To best"), .number("p")] }
    columns += [
      .number("Time"), .number("CPU time"), .number("Img/s"), .number("Memory"),
    ]
    var table = ReportTable("Runs with scores on \(report.imagesText), the best first", columns)
    table.rows = report.entries.enumerated().map { row($0.element, $0.offset, report) }
    let faults = report.entries.compactMap { entry in
      entry.fault.map {
        HTML("li", [:], "\(HTML.name(entry.name)) was not measured: \(HTML(text: $0))")
      }
    }
    return HTML([
      table.html, faults.isEmpty ? HTML() : HTML("ul", ["class": "plain"], faults),
    ])
  }

  private static func differ(_ report: Report, _ part: (Model) -> String) -> Bool {
    Set(report.entries.map { part($0.run.model) }).count > 1
  }

  private static func row(_ entry: Report.Entry, _ place: Int, _ report: Report) -> [ReportTable
    .Cell]
  {
    typealias Cell = ReportTable.Cell
    let run = entry.run
    let isBest = place == 0 && report.entries.count > 1 && entry.score != nil
    let badge = isBest ? HTML("span", ["class": "badge"], "best") : HTML()
    let epochs = run.prepared?.ingredients.phases.reduce(0) { $0 + $1.settings.epochs }
    var cells = [Cell(HTML([.name(run.name), badge]))]
    if differ(report, { $0.spec.name }) { cells.append(Cell(.name(run.model.spec.name))) }
    if differ(report, { "\($0.headKind)" }) {
      cells.append(Cell(HTML(text: "\(run.model.headKind)")))
    }
    cells += [
      Cell(HTML(text: run.prepared?.ingredients.methodText ?? "from a file")), .number(epochs),
    ]
    if let metric = report.metric {
      cells.append(.number(entry.score?.value, metric.text))
      let range = entry.score?.range
      cells.append(
        range.map {
          Cell(
            HTML(text: "\(metric.text($0.lowerBound)) – \(metric.text($0.upperBound))"),
            value: $0.lowerBound)
        } ?? .none)
    }
    if let comparison = report.comparison {
      let place = comparison.entries.firstIndex { $0.label == entry.name }
      let difference = place.flatMap { comparison.differences[$0] }
      cells.append(
        place == comparison.best
          ? Cell("best", value: 0) : .number(difference?.value, comparison.differenceText))
      cells.append(
        .number(difference?.pValue) { $0 < 0.001 ? "< 0.001" : $0.fixedText(3) })
    }
    let cost = run.cost.flatMap { $0.seconds > 0 ? $0 : nil }
    return cells + [
      .number(cost?.seconds, \.durationText), .number(cost?.processorSeconds, \.durationText),
      .number(cost.flatMap { $0.imagesPerSecond > 0 ? $0.imagesPerSecond : nil }) {
        Int($0.rounded()).groupedText
      },
      .number(cost.map { Double($0.peakBytes) }) { Int($0).bytesText },
    ]
  }
}
