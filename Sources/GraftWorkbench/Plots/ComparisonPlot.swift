import GraftBase
import GraftData
import GraftPlots
import GraftTraining

/// `plot comparison`: quality against processor time, of the last `compare` or of runs.
enum ComparisonPlot: PlotKind {
  static let name = "comparison"
  static let summary = "quality against processor time of the last `compare`, or of runs="
  static let runs = PlotRequest.RunCount.several
  static let measures = true

  static func check(_ request: PlotRequest, in session: Session) throws {
    guard request.runs.isEmpty else {
      _ = try session.runs(of: request)
      _ = try session.requireData()
      return
    }
    guard !session.keptPlots.has(name) else { return }
    try session.requireForeseeable(name)
    _ = try kept(in: session)
  }

  static func plot(_ request: PlotRequest, in session: Session) throws -> Plot {
    guard !request.runs.isEmpty else { return try kept(in: session) }
    let data = try session.requireMeasurable(request.part)
    let rows = try session.runs(of: request).map { run in
      var row = ComparedRuns.Row(label: run.name)
      row.add(run, try session.evaluation(of: run, on: request.part, of: data), target: nil)
      return row
    }
    if request.part == .test { for run in request.runs { session.countTestLook(run) } }
    return plot(
      try ComparedRuns(
        rows, by: nil, on: request.part.rawValue, of: data, target: nil, seed: session.seed))
  }

  private static func kept(in session: Session) throws -> Plot {
    try session.keptPlots.plot(
      name, "nothing has been compared yet",
      help: "`compare A B C` compares three policies; or name runs: plot comparison runs=[A,B]")
  }

  static func needs(_ request: PlotRequest, in session: Session) -> [String]? {
    request.runs.isEmpty ? [name] : ["data"] + request.runs.map { "run:\($0)" }
  }

  static func plot(_ compared: ComparedRuns) -> Plot {
    let comparison = compared.comparison
    let metric = comparison.metric
    let costs = compared.rows.map { $0.cost(\.processorSeconds).flatMap { $0 > 0 ? $0 : nil } }
    let known = costs.compactMap(\.self)
    let hasCosts = !known.isEmpty
    let shown = compared.rows.indices.filter { !hasCosts || costs[$0] != nil }
    let labels = compared.rows.map(\.label.escapingControlCharacters)
    func place(_ index: Int) -> Double { hasCosts ? costs[index] ?? .nan : Double(index) }

    let leaders = Set(comparison.leaders)
    let groups: [(name: String, indices: [Int], ink: Ink, symbol: Mark.Symbol)] = [
      ("best", shown.filter(leaders.contains), .series(0), .circle),
      ("worse", shown.filter { !leaders.contains($0) }, .series(1), .diamond),
    ]
    let intervals = groups.map { group in
      Mark(
        "intervals",
        .intervals(
          group.indices.compactMap { index in
            comparison.scores[index].range.map {
              Mark.Span(at: place(index), from: $0.lowerBound, to: $0.upperBound)
            }
          }, .vertical), group.ink)
    }
    let seeds = groups.map { group in
      Mark(
        "seeds",
        .points(
          group.indices.flatMap { index in
            let values = comparison.scores[index].values
            return values.count > 1 ? values.map { Mark.Point(place(index), $0) } : []
          }, .circle), group.ink, isFaint: true)
    }
    let points = groups.map { group in
      Mark(
        group.name,
        .points(
          group.indices.map { Mark.Point(place($0), comparison.scores[$0].value) }, group.symbol),
        group.ink)
    }
    let names = Mark(
      "labels",
      .labels(
        hasCosts
          ? shown.map { Mark.Label(place($0), comparison.scores[$0].value, labels[$0]) } : []),
      .text)
    let isWide = (known.max() ?? 1) > 8 * (known.min() ?? 1)
    let x =
      hasCosts
      ? Axis("Processor time of a training", isWide ? .logarithmic : .linear, style: .duration)
      : Axis.categories("", labels)
    let left = compared.rows.indices.filter { !shown.contains($0) }.map { labels[$0] }
    return Plot(
      kind: name, title: "Quality against cost",
      subtitle: compared.verdict.asSentence,
      panels: [
        Panel(
          x: x,
          y: Axis(
            "\(metric.name) on \(compared.split), \(comparison.imageCount) images, with 95% intervals",
            style: metric.isLargerBetter ? .percent : .plain),
          marks: intervals + seeds + points + [names])
      ],
      legend: leaders.count == shown.count
        ? []
        : [
          LegendEntry(
            leaders.count > 1 ? "best, and those that cannot be told from it" : "best",
            .symbol(.circle), .series(0)),
          LegendEntry("worse", .symbol(.diamond), .series(1)),
        ],
      notes: left.isEmpty
        ? [] : ["not shown, since what they cost is not known: " + left.joinedAsList],
      table: table(compared, costs))
  }

  private static func table(_ compared: ComparedRuns, _ costs: [Double?]) -> PlotTable {
    let comparison = compared.comparison
    return PlotTable()
      .adding("label", compared.rows.map(\.label))
      .adding(comparison.metric.name, comparison.scores.map(\.value))
      .adding("low", comparison.scores.map { $0.range?.lowerBound })
      .adding("high", comparison.scores.map { $0.range?.upperBound })
      .adding("difference", comparison.differences.map { $0?.value })
      .adding("p", comparison.differences.map { $0?.pValue })
      .adding("cpu_seconds", costs)
      .adding("seconds", compared.rows.map { $0.cost(\.seconds) })
  }
}

extension Session {
  /// The data, which must have images of the split that is measured.
  func requireMeasurable(_ part: DataPart) throws -> DataSet {
    let data = try requireData()
    guard !data.partition(part.partition).isEmpty else {
      throw GraftError(
        .failed, "\(data.name) has no \(part.rawValue) images",
        help: "choose another split by on=, or split the data: data PATH split=80/10/10")
    }
    return data
  }
}
