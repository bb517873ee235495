import GraftPlots
import GraftTraining

/// Quality against cost: of the last `compare`, else of the runs that the report covers.
enum ComparisonSection: ReportSection {
  static let id = "comparison"
  static let title = "Comparison"

  static func content(of report: Report) throws -> HTML? {
    guard let plot = try kept(report) ?? own(report) else { return nil }
    return HTML([
      HTML("p", [:], "\(plot.subtitle)."),
      try report.figures.plot(plot),
      HTML(
        "p", ["class": "note"],
        """
        Differences are tested on the same images, by an exact paired test where the score is the accuracy \
        (McNemar's), and p values are adjusted for several comparisons (Holm's). A p value below 0.05 counts as \
        a difference.
        """),
    ])
  }

  private static func kept(_ report: Report) throws -> Plot? {
    guard report.session.keptPlots.has(ComparisonPlot.name) else { return nil }
    return try ComparisonPlot.plot(PlotRequest(), in: report.session)
  }

  private static func own(_ report: Report) throws -> Plot? {
    guard report.comparison != nil, let data = report.data else { return nil }
    let rows = report.entries.compactMap { entry in
      entry.evaluation.map { evaluation in
        var row = ComparedRuns.Row(label: entry.name)
        row.add(entry.run, evaluation, target: nil)
        return row
      }
    }
    return ComparisonPlot.plot(
      try ComparedRuns(
        rows, by: report.metric, on: report.part.rawValue, of: data, target: nil,
        seed: report.session.seed))
  }
}
