import GraftBase
import GraftTraining

/// The scores of each class, as a table and as a plot.
enum ClassesSection: ReportSection {
  static let id = "classes"
  static let title = "Classes"
  private static let mostOthers = 5

  static func content(of report: Report) throws -> HTML? {
    guard let evaluation = report.evaluation else { return nil }
    let plot = try report.figures.plot(
      ClassPlot.plot(evaluation, of: report.featured.run, on: report.part))
    let isLong = evaluation.classCount > 40
    return HTML([
      table(evaluation, report),
      isLong
        ? HTML("details", [:], HTML("summary", [:], "Plot of the recall of each class"), plot)
        : plot,
    ])
  }

  private static func table(_ evaluation: Evaluation, _ report: Report) -> HTML {
    var table: ReportTable
    switch evaluation {
    case .images(let result): table = images(result, report)
    case .labels(let result): table = labels(result, report)
    case .pixels(let scores): table = pixels(scores, report)
    }
    return table.html
  }

  private static func caption(_ report: Report) -> String {
    "Scores of \(report.featured.name) on \(report.imagesText)"
  }

  private static func share(_ value: Double?) -> ReportTable.Cell { .number(value, \.percentText) }

  /// With the recall of other runs beside that of the best.
  private static func images(_ result: EvaluationResult, _ report: Report) -> ReportTable {
    let others = report.entries.dropFirst().compactMap { entry in
      if case .images(let other)? = entry.evaluation, other.classes == result.classes {
        (name: entry.name, recalls: other.confusion.scores.map(\.recall))
      } else {
        nil
      }
    }.prefix(mostOthers)
    var table = ReportTable(
      caption(report),
      [
        .text("Class"), .number("Images"), .number("Precision"), .number("Recall"), .number("F1"),
      ] + others.map { .number("Recall of \(HTML.name($0.name))") })
    for (index, score) in result.confusion.scores.enumerated() {
      table.rows.append(
        [
          ReportTable.Cell(.name(score.name)), .number(score.support), share(score.precision),
          score.support > 0 ? share(score.recall) : .none, share(score.f1),
        ] + others.map { score.support > 0 ? share($0.recalls[index]) : .none })
    }
    return table
  }

  private static func labels(_ result: MultiLabelResult, _ report: Report) -> ReportTable {
    var table = ReportTable(
      caption(report),
      [
        .text("Label"), .number("Images"), .number("Average precision"), .number("Threshold"),
        .number("Precision"), .number("Recall"), .number("F1"),
      ])
    for score in result.scores {
      table.add(
        ReportTable.Cell(.name(score.name)), .number(score.support),
        share(score.averagePrecision), .number(score.threshold) { $0.fixedText(3) },
        share(score.precision), share(score.recall), share(score.f1))
    }
    return table
  }

  private static func pixels(_ scores: SegmentationScores, _ report: Report) -> ReportTable {
    var table = ReportTable(
      caption(report),
      [
        .text("Class"), .number("Share of pixels"), .number("IoU"), .number("Dice"),
        .number("Precision"), .number("Recall"),
      ])
    let all = Double(max(1, scores.accuracy.total))
    for score in scores.scores {
      table.add(
        ReportTable.Cell(.name(score.name)), share(Double(score.truth) / all),
        share(score.overlap), share(score.dice), share(score.precision), share(score.recall))
    }
    return table
  }
}
