import GraftBase
import GraftPlots
import GraftTraining

/// `plot roc`: how many images of a class are found, against how many others are taken for it.
enum ROCPlot: MeasuredPlotKind {
  static let name = "roc"
  static let summary = "ROC curves of the classes, each against the rest, the lowest areas first"

  static func check(_ request: PlotRequest, in session: Session) throws {
    try RankingPlots.check(request, in: session)
  }

  static func plot(
    _ evaluation: Evaluation, of run: TrainingRun, on part: DataPart
  ) throws -> Plot {
    let plots = try RankingPlots(evaluation, of: run, on: part) { $0.rocArea }
    return plots.plot(
      kind: name, title: "ROC", score: "area",
      x: "False positive rate: share of other images", y: "True positive rate: recall",
      chance: [Mark.Point(0, 0), Mark.Point(1, 1)]
    ) { curve in
      [Mark.Point(0, 0)]
        + curve.points.map { Mark.Point(curve.falsePositiveRate($0), curve.recall($0)) }
    }
  }
}

/// `plot pr`: how many images that are taken for a class are of it, as more are.
enum PrecisionRecallPlot: MeasuredPlotKind {
  static let name = "pr"
  static let summary = "precision over recall of each class against the rest, the lowest first"

  static func check(_ request: PlotRequest, in session: Session) throws {
    try RankingPlots.check(request, in: session)
  }

  static func plot(
    _ evaluation: Evaluation, of run: TrainingRun, on part: DataPart
  ) throws -> Plot {
    let plots = try RankingPlots(evaluation, of: run, on: part) { $0.averagePrecision }
    return plots.plot(
      kind: name, title: "Precision and recall", score: "average precision",
      x: "Recall: share of the class that is found", y: "Precision", chance: []
    ) { curve in
      curve.points.map { Mark.Point(curve.recall($0), curve.precision($0)) }
    }
  }
}

/// What both curves share: one for each class that occurs, the lowest scores first.
private struct RankingPlots {
  /// More lines cannot be told apart.
  private static let lineCount = 8

  let run: TrainingRun
  let part: DataPart
  let curves: [(name: String, curve: RankingCurve, score: Double)]
  let missing: [String]

  static func check(_ request: PlotRequest, in session: Session) throws {
    try session.checkMeasuring(request)
    try requireImages(session.runToMeasure(request.runs.first, classes: session.workbench.data))
  }

  private static func requireImages(_ run: TrainingRun) throws {
    guard run.model.task.isOfImages else {
      throw GraftError(
        .failed, "\(run.name) predicts \(run.model.task), whose ranking is not measured",
        help: "`plot confusion` and `plot classes` draw such runs too")
    }
  }

  init(
    _ evaluation: Evaluation, of run: TrainingRun, on part: DataPart,
    score: (RankingCurve) -> Double?
  ) throws {
    try Self.requireImages(run)
    let all = evaluation.curves.map { ($0.name, $0.curve, score($0.curve)) }
    (self.run, self.part) = (run, part)
    missing = all.filter { $0.2 == nil }.map(\.0.escapingControlCharacters)
    curves = all.enumerated().compactMap { index, entry in
      entry.2.map { (index, (name: entry.0, curve: entry.1, score: $0)) }
    }.sorted { ($0.1.score, $0.0) < ($1.1.score, $1.0) }.map(\.1)
  }

  func plot(
    kind: String, title: String, score: String, x: String, y: String, chance: [Mark.Point],
    points: (RankingCurve) -> [Mark.Point]
  ) -> Plot {
    let shown = curves.prefix(Self.lineCount)
    let mean = curves.map(\.score).reduce(0, +) / Double(max(1, curves.count))
    let lines = shown.enumerated().map { index, entry in
      Mark(entry.name, .line(points(entry.curve)), .series(index))
    }
    let byChance =
      chance.isEmpty ? [] : [Mark("chance", .line(chance), .muted, isDashed: true)]
    let rest = curves.count - shown.count
    return Plot(
      kind: kind,
      title: "\(title) of \(run.name.escapingControlCharacters) on \(part.rawValue)",
      subtitle: "Mean \(score) \(mean.fixedText(3)) over \(curves.count) "
        + (curves.count == 1 ? "class" : "classes") + ", each against the rest",
      panels: [
        Panel(
          x: Axis(x, domain: 0...1, style: .percent), y: Axis(y, domain: 0...1, style: .percent),
          marks: byChance + lines)
      ],
      legend: shown.enumerated().map { index, entry in
        LegendEntry(
          "\(entry.name.escapingControlCharacters.closedLeftToRight) \(entry.score.fixedText(3))",
          .line,
          .series(index))
      } + (chance.isEmpty ? [] : [LegendEntry("by chance", .dashes, .muted)]),
      notes: (rest > 0 ? ["\(rest) classes with higher scores are not drawn"] : [])
        + (missing.isEmpty ? [] : ["no images of \(missing.joinedAsList)"]),
      table: table(points), size: PlotSize(width: 760, height: 720))
  }

  /// All points of all classes.
  private func table(_ points: (RankingCurve) -> [Mark.Point]) -> PlotTable {
    let rows = curves.flatMap { entry in points(entry.curve).map { (entry.name, $0) } }
    return PlotTable().adding("class", rows.map(\.0)).adding("x", rows.map(\.1.x))
      .adding("y", rows.map(\.1.y))
  }
}
