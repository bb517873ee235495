import GraftPlots
import GraftTraining

/// Loss and score by epoch.
enum CurvesSection: ReportSection {
  static let id = "curves"
  static let title = "Training"

  static func content(of report: Report) throws -> HTML? {
    // One epoch is a point, not a curve; more runs than colors cannot be told apart.
    let runs = report.entries.filter { $0.history.count > 1 }.prefix(PlotTheme.seriesCount)
    guard !runs.isEmpty else { return nil }
    let request = PlotRequest(runs: runs.map(\.name))
    return try report.figures.pair(
      LossPlot.plot(request, in: report.session), AccuracyPlot.plot(request, in: report.session))
  }
}
