import GraftBase
import GraftPlots
import GraftTraining

/// `plot lr`: the learning rate of each layer group over the updates of a run, or of what `train` would do.
enum RatePlot: PlotKind {
  static let name = "lr"
  static let summary = "learning rate of each layer group over a run, or of the training to come"
  static let runs = PlotRequest.RunCount.one

  static func check(_ request: PlotRequest, in session: Session) throws {
    if request.runs.isEmpty {
      _ = try planned(in: session)
    } else {
      _ = try session.runs(of: request)
    }
  }

  static func plot(_ request: PlotRequest, in session: Session) throws -> Plot {
    guard !request.runs.isEmpty else {
      let run = try planned(in: session)
      return plot(run, history: [], title: "Learning rate of the training to come")
    }
    let run = try session.runs(of: request)[0]
    guard let prepared = run.prepared else {
      throw GraftError(
        .failed, "what \(run.name) was trained with is not known",
        help: "`resume \(run.name)` brings a run on disk back; a model from a file has no rates")
    }
    return plot(
      prepared, history: session.history(of: run),
      title: "Learning rate of \(run.name.escapingControlCharacters)")
  }

  static func needs(_ request: PlotRequest, in session: Session) -> [String]? {
    request.runs.isEmpty
      ? ["encoder", "data", "head", "policy", "freeze", "seed"] : request.runs.map { "run:\($0)" }
  }

  /// What `train` without arguments would do.
  private static func planned(in session: Session) throws -> PreparedRun {
    let trial = session.trialSession()
    defer { trial.workbench.shutDown() }
    let verb = TrainCommand.specification.verb
    let source = SourceFile(name: "plot", text: verb, folder: session.folder)
    let line = CommandSyntax(
      verb: verb, verbSpan: SourceSpan(file: source, line: 1, column: 1, length: verb.count),
      arguments: [])
    let plan = PlannedTraining(label: "", name: "", lines: [line])
    return try trial.choosing(plan) { training, _ in try training.prepare(in: trial) }
  }

  /// Points of a curve at most; more cannot be seen.
  private static let mostPoints = 400

  static func plot(_ run: PreparedRun, history: [EpochRecord], title: String) -> Plot {
    var curves: [Curve] = []
    var rules: [Mark] = []
    var frozen: [String] = []
    var before = 0
    for (index, phase) in run.phases.enumerated() {
      let own = phaseCurves(phase, number: index + 1, startingAt: before, history)
      curves += own
      if index > 0 {
        rules.append(
          Mark(
            "phase", .rule(at: Double(before), .vertical, label: "phase \(index + 1)"), .muted,
            isDashed: true))
      }
      let still = phase.policy.groups.filter { !$0.isTrainable }.map(
        \.name.escapingControlCharacters)
      if !still.isEmpty {
        frozen.append(
          (run.phases.count > 1 ? "phase \(index + 1), " : "") + "frozen: "
            + still.joined(separator: ", "))
      }
      before += phase.curve.totalSteps
    }
    let names = curves.map(\.name).reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    let peaks = curves.map(\.peak)
    let isWide = (peaks.max() ?? 1) >= 8 * (peaks.min() ?? 1)
    func ink(_ name: String) -> Ink {
      guard names.count > 1 else { return .series(0) }
      return .shade(0.3 + 0.7 * Double(names.firstIndex(of: name) ?? 0) / Double(names.count - 1))
    }
    let floor = (peaks.min() ?? 1e-6) / 100
    let ceiling = peaks.max() ?? 1
    return Plot(
      kind: name, title: title,
      subtitle: run.phases.map { "\($0.policy.policy), \($0.settings.schedule)" }
        .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        .joined(separator: "; then "),
      panels: [
        Panel(
          x: Axis("Update", style: .integer, hasGrid: false),
          y: Axis(
            "Learning rate" + (isWide ? ", logarithmic" : ""), isWide ? .logarithmic : .linear,
            domain: isWide ? floor...ceiling * 1.3 : Ticks.rounded(0...ceiling * 1.02, most: 7)),
          marks: rules + curves.map { Mark($0.name, .line($0.points), ink($0.name)) })
      ],
      legend: names.map { LegendEntry($0, .line, ink($0)) },
      notes: frozen
        + (isWide ? ["rates below \(NumberStyle.plain.text(floor)) are not shown"] : []),
      table: table(curves))
  }

  /// The rate of groups that learn alike.
  private struct Curve {
    var name: String
    var phase: Int
    var peak: Double
    var points: [Mark.Point]
  }

  private static func phaseCurves(
    _ phase: PreparedPhase, number: Int, startingAt start: Int, _ history: [EpochRecord]
  ) -> [Curve] {
    let total = phase.curve.totalSteps
    let stride = max(1, (total + mostPoints - 1) / mostPoints)
    var steps = Array(Swift.stride(from: 0, to: total, by: stride))
    if steps.last != total - 1 { steps.append(total - 1) }
    // Neighbors of one rate are one curve: what they are called says both ends.
    var groups: [(first: String, last: String, rate: Double)] = []
    for group in phase.policy.groups where group.isTrainable {
      let name = group.name.escapingControlCharacters
      if let last = groups.last, last.rate == group.learningRate {
        groups[groups.count - 1].last = name
      } else {
        groups.append((name, name, group.learningRate))
      }
    }
    return groups.map { group in
      Curve(
        name: group.first == group.last ? group.first : "\(group.first) – \(group.last)",
        phase: number, peak: group.rate,
        points: steps.map { step in
          let done = history.filter { $0.step <= step }
          return Mark.Point(
            Double(start + step), group.rate * phase.curve.multiplier(at: step, after: done))
        })
    }
  }

  private static func table(_ curves: [Curve]) -> PlotTable {
    PlotTable()
      .adding("phase", curves.flatMap { curve in curve.points.map { _ in Double(curve.phase) } })
      .adding("group", curves.flatMap { curve in curve.points.map { _ in curve.name } })
      .adding("step", curves.flatMap { $0.points.map(\.x) })
      .adding("lr", curves.flatMap { $0.points.map(\.y) })
  }
}
