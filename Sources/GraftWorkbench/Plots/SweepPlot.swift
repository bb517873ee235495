import GraftBase
import GraftPlots
import GraftTraining

/// `plot sweep`: the score of each trial of the last `sweep` by what it was trained with.
enum SweepPlot: KeptPlotKind {
  static let name = "sweep"
  static let summary = "score of each trial of the last `sweep` by its values"
  static let absence = (
    message: "nothing has been swept yet",
    help: "`sweep lr=[1e-4,1e-3,1e-2]` trains with each value; then plot it"
  )

  static func needs(_ request: PlotRequest, in session: Session) -> [String]? { [name] }

  /// One trial, the best first in a list of them.
  struct Trial {
    var run: String
    /// As they would be typed, one for each key.
    var values: [String]
    var score: Double
    var range: ClosedRange<Double>?
    var isFinished: Bool
  }

  static func plot(
    keys: [String], trials: [Trial], metric: String, isShare: Bool, caption: String
  ) -> Plot {
    let style: NumberStyle = isShare ? .percent : .plain
    let known = trials.filter { $0.score.isFinite }
    let lost = trials.count - known.count
    let halved = known.count { !$0.isFinished }
    var notes: [String] = []
    if lost > 0 { notes.append("\(lost) of \(trials.count) trials have no score that is a number") }
    if halved > 0 {
      notes.append(
        "\(halved) of \(trials.count) trials were stopped early, since others were better")
    }
    var table = PlotTable().adding("run", trials.map(\.run))
    for (index, key) in keys.enumerated() {
      table = table.adding(key, trials.map { $0.values[index] })
    }
    table = table.adding(metric, trials.map { $0.score.isFinite ? $0.score : nil })
      .adding("low", trials.map { $0.range?.lowerBound })
      .adding("high", trials.map { $0.range?.upperBound })
      .adding("finished", trials.map { $0.isFinished ? 1 : 0 })
    let scores = known.map(\.score)
    let least = scores.min() ?? 0
    let most = scores.max() ?? 1
    if keys.count == 1 {
      return Plot(
        kind: name, title: "Sweep over \(keys[0])", subtitle: caption,
        panels: [curve(known, key: keys[0], metric: metric, style)],
        legend: known.count < 2
          ? []
          : [LegendEntry("best", .symbol(.circle), .series(1))]
            + (halved > 0
              ? [
                LegendEntry("trained to the end", .symbol(.circle), .series(0)),
                LegendEntry("stopped early", .symbol(.ring), .series(0)),
              ] : []),
        notes: notes, table: table)
    }
    return Plot(
      kind: name, title: "Sweep over \(keys.joinedAsList)", subtitle: caption,
      panels: [ParallelAxes(keys: keys, trials: known, metric: metric, style: style).panel],
      legend: [LegendEntry("best trial", .line, .series(1))]
        + (halved > 0
          ? [
            LegendEntry("trained to the end", .line, .muted),
            LegendEntry("stopped early", .dashes, .muted),
          ] : []),
      shades: ShadeLegend(
        metric, least...max(most, least + 1e-9), style: style, lightest: ParallelAxes.lightest),
      notes: notes, table: table)
  }

  /// Score against the one value.
  private static func curve(
    _ trials: [Trial], key: String, metric: String, _ style: NumberStyle
  ) -> Panel {
    let scale = ValueScale(trials.map { $0.values[0] })
    let places = scale.places
    let order = trials.indices.sorted { places[$0] < places[$1] }
    let points = order.map { Mark.Point(places[$0], trials[$0].score) }
    let intervals = order.compactMap { index in
      trials[index].range.map {
        Mark.Span(at: places[index], from: $0.lowerBound, to: $0.upperBound)
      }
    }
    func symbols(_ isFinished: Bool) -> [Mark.Point] {
      order.filter { trials[$0].isFinished == isFinished }
        .map { Mark.Point(places[$0], trials[$0].score) }
    }
    var marks: [Mark] = []
    // Between names there is nothing that a line could stand for.
    if scale.names == nil { marks.append(Mark("curve", .line(points), .series(0), isFaint: true)) }
    marks += [
      Mark("intervals", .intervals(intervals, .vertical), .series(0)),
      Mark("trials", .points(symbols(true), .circle), .series(0)),
      Mark("stopped", .points(symbols(false), .ring), .series(0)),
    ]
    if let best = trials.indices.first {
      marks.append(
        Mark("best", .points([Mark.Point(places[best], trials[best].score)], .circle), .series(1)))
      marks.append(
        Mark(
          "label",
          .labels([
            Mark.Label(
              places[best], trials[best].score,
              "best: \(trials[best].values[0]), \(style.text(trials[best].score))")
          ]), .text))
    }
    return Panel(
      x: scale.axis(key), y: Axis("\(metric) on val, with 95% intervals", style: style),
      marks: marks)
  }
}

/// Values of one key on an axis: numbers where all are, else names.
struct ValueScale {
  /// nil for numbers.
  let names: [String]?
  let places: [Double]

  init(_ values: [String]) {
    let numbers = values.map { NumberText.fraction($0) }
    if !values.isEmpty, !numbers.contains(nil) {
      names = nil
      places = numbers.map { $0 ?? .nan }
      return
    }
    var order: [String] = []
    for value in values where !order.contains(value) { order.append(value) }
    order.sort()
    names = order
    places = values.map { value in Double(order.firstIndex(of: value) ?? 0) }
  }

  /// Whether factors matter more than differences.
  var isLogarithmic: Bool {
    guard names == nil, let least = places.min(), let most = places.max() else { return false }
    return least > 0 && most >= 20 * least
  }

  func axis(_ title: String) -> Axis {
    if let names { return .categories(title, names) }
    let isWhole = places.allSatisfy { $0 == $0.rounded() && abs($0) < 1e6 }
    return Axis(
      title, isLogarithmic ? .logarithmic : .linear,
      style: isWhole && !isLogarithmic ? .integer : .plain)
  }
}
