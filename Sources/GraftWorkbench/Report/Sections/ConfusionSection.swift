import GraftBase
import GraftTraining

/// Which classes are taken for which, of the best run; of the others where readers open them.
enum ConfusionSection: ReportSection {
  static let id = "confusion"
  static let title = "Confusion"
  private static let mostOthers = 5
  /// Classes up to which other runs have a plot too.
  private static let mostClasses = 30
  /// Classes from which on readers need a list to find the confusions.
  private static let leastListed = 13
  private static let listedPairs = 12

  static func content(of report: Report) throws -> HTML? {
    guard let evaluation = report.evaluation, report.featured.run.model.task != .multiLabel else {
      return nil
    }
    let first = try plot(report.featured, report)
    return HTML([first, pairs(evaluation), try others(report)])
  }

  private static func plot(_ entry: Report.Entry, _ report: Report) throws -> HTML {
    guard let evaluation = entry.evaluation else { return HTML() }
    return try report.figures.plot(
      ConfusionPlot.plot(evaluation, of: entry.run, on: report.part))
  }

  /// The most frequent confusions.
  private static func pairs(_ evaluation: Evaluation) -> HTML {
    guard case .images(let result) = evaluation, result.classes.count >= leastListed else {
      return HTML()
    }
    let all = result.confusion.mostConfused
    guard all.count > 1 else { return HTML() }
    var table = ReportTable(
      "The most frequent confusions", [.text("True class"), .text("Predicted"), .number("Images")])
    for pair in all.prefix(listedPairs) {
      table.add(
        ReportTable.Cell(.name(pair.truth)), ReportTable.Cell(.name(pair.prediction)),
        .number(pair.count))
    }
    let rest = all.count - listedPairs
    let note: HTML =
      rest > 0 ? HTML("p", ["class": "note"], "and \(rest.groupedText) more pairs") : HTML()
    return HTML([table.html, note])
  }

  private static func others(_ report: Report) throws -> HTML {
    let others = report.entries.dropFirst().filter {
      $0.evaluation != nil && $0.run.model.task == report.featured.run.model.task
        && $0.run.model.classes.count <= mostClasses
    }
    return HTML(
      try others.prefix(mostOthers).map { entry in
        HTML(
          "details", [:], HTML("summary", [:], "Confusion of \(HTML.name(entry.name))"),
          try plot(entry, report))
      })
  }
}
