import GraftBase
import GraftData
import GraftPlots
import GraftTraining

/// `plot confusion`: classes that a run confuses.
enum ConfusionPlot: MeasuredPlotKind {
  static let name = "confusion"
  static let summary = "classes that a run takes for others, as a table of shades"

  static func check(_ request: PlotRequest, in session: Session) throws {
    try session.checkMeasuring(request)
    try requireOneClass(session.runToMeasure(request.runs.first, classes: session.workbench.data))
  }

  static func requireOneClass(_ run: TrainingRun) throws {
    guard run.model.task != .multiLabel else {
      throw GraftError(
        .failed, "images of \(run.name) have several labels, none of which is taken for another",
        help: "`plot classes` shows how many of each are found")
    }
  }

  static func plot(
    _ evaluation: Evaluation, of run: TrainingRun, on part: DataPart
  ) throws -> Plot {
    let counts: ClassCounts
    switch evaluation {
    case .images(let result):
      counts = ClassCounts(
        classes: result.classes, counts: result.confusion.counts, unit: "images")
    case .labels:
      try requireOneClass(run)
      preconditionFailure("an evaluation of labels for a model of classes")
    case .pixels(let scores):
      let classCount = scores.classes.count
      counts = ClassCounts(
        classes: scores.classes,
        counts: (0..<classCount).map { row in
          (0..<classCount).map { Int(scores.confusion[row * classCount + $0]) }
        }, unit: "pixels")
    }
    return plot(
      counts, accuracy: evaluation.accuracy,
      title: "Confusion of \(run.name.escapingControlCharacters) on \(part.rawValue)")
  }

  /// How often each class was taken for each.
  struct ClassCounts {
    var classes: [String]
    /// True classes as rows.
    var counts: [[Int]]
    var unit: String
  }

  static func plot(_ table: ClassCounts, accuracy: Proportion, title: String) -> Plot {
    let names = table.classes.map(\.escapingControlCharacters)
    let totals = table.counts.map { $0.reduce(0, +) }
    let places = names.indices.flatMap { row in names.indices.map { (row: row, column: $0) } }
    let cells = places.compactMap { row, column -> Mark.Cell? in
      let count = table.counts[row][column]
      guard count > 0 else { return nil }
      return Mark.Cell(
        column: column, row: row, shade: Double(count) / Double(max(1, totals[row])),
        text: table.unit == "images" ? NumberStyle.integer.text(Double(count)) : count.countText)
    }
    let missing = zip(names, totals).filter { $0.1 == 0 }.map(\.0)
    return Plot(
      kind: name, title: title, subtitle: subtitle(table, names, accuracy),
      panels: [
        Panel(
          x: .categories("Predicted class", names), y: .categories("True class", names),
          marks: [Mark("cells", .cells(cells), .series(0))], isSquare: true)
      ],
      shades: ShadeLegend("Share of row", 0...1, style: .percent),
      notes: missing.isEmpty
        ? []
        : [
          "without \(table.unit): " + missing.prefix(8).joined(separator: ", ")
            + (missing.count > 8 ? " and \(missing.count - 8) more" : "")
        ],
      table: PlotTable()
        .adding("true", places.map { table.classes[$0.row] })
        .adding("predicted", places.map { table.classes[$0.column] })
        .adding("count", places.map { Double(table.counts[$0.row][$0.column]) }),
      size: size(of: names.count))
  }

  private static func subtitle(
    _ table: ClassCounts, _ names: [String], _ accuracy: Proportion
  ) -> String {
    let range = accuracy.confidenceRange
    let percent = NumberStyle.percent
    let share =
      "\(percent.text(accuracy.value)) correct (95%: \(percent.text(range.lowerBound))–"
      + "\(percent.text(range.upperBound)))"
    let pairs = names.indices.flatMap { row in
      names.indices.filter { $0 != row }.map { (row: row, column: $0) }
    }
    let worst = pairs.filter { table.counts[$0.row][$0.column] > 0 }.sorted {
      let (one, other) = (table.counts[$0.row][$0.column], table.counts[$1.row][$1.column])
      return (other, $0.row, $0.column) < (one, $1.row, $1.column)
    }.prefix(3)
    guard !worst.isEmpty else { return share }
    let texts = worst.map {
      "\(names[$0.row].closedLeftToRight) → \(names[$0.column].closedLeftToRight) ("
        + NumberStyle.integer.text(Double(table.counts[$0.row][$0.column])) + "×)"
    }
    return share + "; most often confused: " + texts.joined(separator: ", ")
  }

  /// Room for names and for cells of a readable size.
  private static func size(of classCount: Int) -> PlotSize {
    let side = min(1040, max(420, classCount * (classCount <= 30 ? 42 : 12)))
    return PlotSize(
      width: min(1400, side + 320), height: min(1400, side + (classCount <= 30 ? 250 : 190)))
  }
}

extension Session {
  /// Refuses what `measured` would, as far as that is known before.
  func checkMeasuring(_ request: PlotRequest) throws {
    let run = try runToMeasure(request.runs.first, classes: workbench.data)
    let data = try requireMeasurable(request.part)
    _ = try RunEvaluation(run: run, session: self)
      .measurable(data, views: 1, pipeline: .none)
  }

  /// What one run predicts of a split of the data.
  func measured(_ request: PlotRequest) throws -> (run: TrainingRun, evaluation: Evaluation) {
    let run = try runToMeasure(request.runs.first, classes: workbench.data)
    let data = try requireMeasurable(request.part)
    if request.part == .test { countTestLook(run.name) }
    return (run, try evaluation(of: run, on: request.part, of: data))
  }
}
