import GraftBase
import GraftPlots
import GraftTraining

/// `plot time`: how long the epochs of runs took.
enum TimePlot: PlotKind {
  static let name = "time"
  static let summary = "seconds that each epoch took, its validation included"
  static let runs = PlotRequest.RunCount.several

  static func plot(_ request: PlotRequest, in session: Session) throws -> Plot {
    let runs = try session.runs(of: request).map { run in
      let ends = run.cost?.epochEnds ?? []
      guard !ends.isEmpty else {
        throw GraftError(
          .failed, "how long the epochs of \(run.name) took is not known",
          help: "the clock runs while a run is trained, not for a model from a file")
      }
      return (
        name: run.name, seconds: zip(ends, [0] + ends).map { $0 - $1 },
        rate: run.cost?.imagesPerSecond ?? 0
      )
    }
    let marks = runs.enumerated().map { index, run in
      Mark(
        run.name.escapingControlCharacters,
        .line(run.seconds.enumerated().map { Mark.Point(Double($0.offset + 1), $0.element) }),
        .series(index))
    }
    let rates = runs.map {
      "\($0.name.escapingControlCharacters) \(NumberStyle.integer.text($0.rate)) images/s"
    }
    let rows = runs.flatMap { run in run.seconds.enumerated().map { (run: run.name, epoch: $0) } }
    let longest = runs.flatMap(\.seconds).max() ?? 1
    return Plot(
      kind: name,
      title: "Time per epoch"
        + (runs.count == 1 ? " of \(runs[0].name.escapingControlCharacters)" : ""),
      subtitle: "While training: " + rates.joined(separator: ", "),
      panels: [
        Panel(
          x: Axis("Epoch", style: .integer, hasGrid: false),
          y: Axis("Wall time", domain: 0...longest * 1.1, style: .duration), marks: marks)
      ],
      legend: runs.count > 1
        ? runs.enumerated().map {
          LegendEntry($0.element.name.escapingControlCharacters, .line, .series($0.offset))
        } : [],
      table: PlotTable()
        .adding("run", rows.map(\.run)).adding("epoch", rows.map { Double($0.epoch.offset + 1) })
        .adding("seconds", rows.map(\.epoch.element)))
  }
}
