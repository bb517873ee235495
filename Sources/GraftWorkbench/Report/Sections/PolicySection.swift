import GraftBase
import GraftModels
import GraftTraining

/// Which layers were trained at which rates, of each run.
enum PolicySection: ReportSection {
  static let id = "policy"
  static let title = "Policy"
  private static let mostRuns = 6

  static func content(of report: Report) throws -> HTML? {
    let runs = report.entries.filter { $0.run.prepared != nil }.prefix(mostRuns)
    guard !runs.isEmpty else { return nil }
    return HTML(
      try runs.enumerated().map { index, entry in
        HTML(
          "details", ["open": index == 0 ? "open" : nil],
          HTML("summary", [:], "Layer groups of \(HTML.name(entry.name))"),
          try content(of: entry, report, isFirst: index == 0))
      })
  }

  private static func content(
    of entry: Report.Entry, _ report: Report, isFirst: Bool
  ) throws -> HTML {
    guard let prepared = entry.run.prepared else { return HTML() }
    if let solving = prepared.ingredients.solving {
      return HTML(
        "p", [:],
        "The head was not trained but computed: \(HTML(text: "\(solving)")). The encoder is frozen."
      )
    }
    let tables = prepared.phases.enumerated().map { index, phase in
      let settings = phase.settings
      let title: HTML =
        prepared.phases.count > 1
        ? "Phase \(index + 1): policy \(HTML(text: "\(phase.policy.policy)"))"
        : "Policy \(HTML(text: "\(phase.policy.policy)"))"
      return HTML([
        HTML(
          "p", [:],
          """
          \(title), \(settings.epochs.groupedText) epoch\(settings.epochs == 1 ? "" : "s") of \
          \(prepared.training.batchCount.groupedText) \
          \(prepared.training.batchCount == 1 ? "batch" : "batches"), optimizer \
          \(HTML(text: "\(settings.optimizer)")), schedule \(HTML(text: "\(settings.schedule)")), seed \
          \(HTML(text: "\(prepared.ingredients.seed)")).
          """), table(phase.policy),
      ])
    }
    let rates =
      isFirst
      ? try report.figures.plot(
        RatePlot.plot(
          prepared, history: entry.history,
          title: "Learning rate of \(entry.name.escapingControlCharacters)")) : HTML()
    return HTML(tables + [rates])
  }

  private static func table(_ policy: ResolvedPolicy) -> HTML {
    var table = ReportTable(
      "Layer groups, from the image to the head",
      [
        .text("Group"), .number("Tensors"), .number("Parameters"), .number("Trained"),
        .number("Peak rate"), .number("Weight decay"), .text("Batch norm"),
      ])
    table.isSortable = false
    for group in policy.groups {
      let count = group.parameters.filter(\.canTrain).reduce(0) { $0 + $1.count }
      let trained = group.trainable.reduce(0) { $0 + $1.count }
      let hasNorm = group.parameters.contains { $0.role == .runningStatistic }
      table.add(
        ReportTable.Cell(.name(group.name)), .number(group.parameters.count), .number(count),
        ReportTable.Cell(
          HTML(text: trained == 0 ? "frozen" : trained == count ? "all" : trained.groupedText)),
        trained == 0 ? .none : .number(group.learningRate, \.threeDigitText),
        trained == 0 ? .none : .number(group.weightDecay, \.threeDigitText),
        hasNorm ? ReportTable.Cell(HTML(text: group.batchNormMode.rawValue)) : .none)
    }
    return table.html
  }
}
