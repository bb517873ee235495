import GraftBase
import GraftPlots
import GraftTraining

/// `plot classes`: how many images of each class a run recognizes.
enum ClassPlot: MeasuredPlotKind {
  static let name = "classes"
  static let summary = "recall of each class with its interval, the lowest first"

  static func check(_ request: PlotRequest, in session: Session) throws {
    try session.checkMeasuring(request)
  }

  static func plot(
    _ evaluation: Evaluation, of run: TrainingRun, on part: DataPart
  ) throws -> Plot {
    let title = "Recall of \(run.name.escapingControlCharacters) on \(part.rawValue)"
    switch evaluation {
    case .images(let result):
      return plot(
        zip(result.classes, result.confusion.counts).enumerated().map { index, row in
          ClassScore(name: row.0, hits: Proportion(row.1[index], of: row.1.reduce(0, +)))
        }, title: title, unit: "images")
    case .labels(let result):
      return plot(
        result.scores.map {
          ClassScore(name: $0.name, hits: Proportion($0.hits, of: $0.support))
        }, title: title, unit: "images")
    case .pixels(let scores):
      return plot(
        scores.scores.map { ClassScore(name: $0.name, hits: Proportion($0.hits, of: $0.truth)) },
        title: title, unit: "pixels")
    }
  }

  struct ClassScore {
    var name: String
    var hits: Proportion
  }

  static func plot(_ classes: [ClassScore], title: String, unit: String) -> Plot {
    let shown = classes.filter { $0.hits.total > 0 }.enumerated().sorted {
      ($0.element.hits.value, $0.offset) < ($1.element.hits.value, $1.offset)
    }.map(\.element)
    let missing = classes.filter { $0.hits.total == 0 }.map(\.name.escapingControlCharacters)
    let mean = shown.isEmpty ? 0 : shown.map(\.hits.value).reduce(0, +) / Double(shown.count)
    let hasIntervals = unit == "images"
    let bars = shown.enumerated().map {
      Mark.Span(at: Double($0.offset), to: $0.element.hits.value)
    }
    let intervals = shown.enumerated().map { index, score in
      let range = score.hits.confidenceRange
      return Mark.Span(at: Double(index), from: range.lowerBound, to: range.upperBound)
    }
    let counts = shown.enumerated().map { index, score in
      let text =
        hasIntervals
        ? "\(NumberStyle.integer.text(Double(score.hits.count))) of "
          + NumberStyle.integer.text(Double(score.hits.total))
        : NumberStyle.percent.text(score.hits.value)
      return Mark.Label(1, Double(index), text)
    }
    var marks = [
      Mark("recall", .bars(bars, .horizontal, thickness: 0.72), .series(0), isFaint: hasIntervals)
    ]
    if hasIntervals { marks.append(Mark("intervals", .intervals(intervals, .horizontal), .text)) }
    marks += [
      Mark(
        "mean", .rule(at: mean, .vertical, label: "mean \(NumberStyle.percent.text(mean))"),
        .series(1), isDashed: true),
      Mark("counts", .endLabels(counts), .text),
    ]
    return Plot(
      kind: name, title: title,
      subtitle: hasIntervals
        ? "Share of the images of each class that are recognized, with 95% intervals (Wilson)"
        : "Share of the pixels of each class that are recognized",
      panels: [
        Panel(
          x: Axis("Recall", domain: 0...1, style: .percent),
          y: .categories("", shown.map(\.name.escapingControlCharacters)), marks: marks)
      ],
      notes: missing.isEmpty
        ? []
        : [
          "without \(unit): " + missing.prefix(8).joined(separator: ", ")
            + (missing.count > 8 ? " and \(missing.count - 8) more" : "")
        ],
      table: PlotTable()
        .adding("class", shown.map(\.name)).adding("recall", shown.map(\.hits.value))
        .adding("low", shown.map(\.hits.confidenceRange.lowerBound))
        .adding("high", shown.map(\.hits.confidenceRange.upperBound))
        .adding("correct", shown.map { Double($0.hits.count) })
        .adding(unit, shown.map { Double($0.hits.total) }),
      size: PlotSize(
        width: 960, height: min(4000, max(300, 170 + shown.count * (shown.count > 40 ? 17 : 24)))))
  }
}
