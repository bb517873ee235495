import GraftBase
import GraftPlots
import GraftTraining

/// `sweep`: trains with each of several values, or with random ones, and keeps the best.
package struct SweepCommand: Command {
  private static let trials = Argument(
    "trials", .integer(2...10_000), otherwise: "a grid of all values",
    "so many combinations at random; then LO..HI is a range to draw from")
  private static let halving = Argument(
    "halving", .flag, default: false,
    "stop the worse half of trials after a quarter of their updates, and again after a half")
  private static let by = Argument(
    "by", .choice(Metrics.all.map(\.name)), otherwise: "the one that training shows",
    "score of the validation images that decides")
  private static let encoder = Argument(
    list: "encoder", .encoderSources, otherwise: "the current encoder", "encoders to try")
  private static let output = Argument(
    "to", .path(.output),
    "file: .csv for every trial with its values, score and cost; .png, .svg, .pdf for the plot")
  private static let prefix = Argument(
    "as", .newName(.run), otherwise: "sweep, or a free name", "prefix of the names of runs")

  /// The arguments of `train`, of which any may have several values.
  private static let single: [any AnyArgument] =
    [TrainingParameters.epochs, TrainingParameters.rate] + TrainingParameters.loop
    + [TrainingParameters.depth, TrainingParameters.head, TrainingParameters.policy]
  private static let own: [any AnyArgument] = [trials, halving, by, encoder, output, prefix]

  package static let specification = CommandSpecification(
    "sweep", "train with each of several values, and keep the best", group: .train,
    parameters: own + single.map(\.declaration.swept) + [TrainingParameters.from],
    examples: [
      "sweep lr=[1e-3,1e-2] epochs=1", "sweep policy=[A,B] augment=[none,flip] epochs=1",
      "sweep lr=1e-4..1e-1 decay=0..0.1 trials=3 halving=yes epochs=4",
    ],
    seeAlso: ["compare", "findlr", "train", "plot"], isRecorded: true,
    discussion: """
      A list in brackets gives the values of an argument; without trials= every value is tried with every other. \
      With trials=N values are drawn at random, the same for the same seed: from a list evenly, from LO..HI \
      evenly, or evenly in the logarithm where it spans a factor of ten. halving=yes is successive halving. \
      The best run becomes current; the others are on disk. The best of many is partly luck: its score on \
      the validation images is too high, `evaluate on=test` tells. An interrupted sweep goes on where it \
      was.
      """)

  private let arguments: CheckedArguments
  private let values: [SweptValues]
  private let format: Plot.Format?

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    format = try arguments.plotFormat(at: Self.output)
    let single = Self.single + [Self.encoder]
    let isRandom = arguments[Self.trials] != nil
    values = try arguments.syntax.arguments.compactMap { argument in
      guard let declaration = single.first(where: { $0.name == argument.label })?.declaration else {
        return nil
      }
      return try SweptValues(argument, kind: declaration.kind, isRandom: isRandom)
    }
    guard values.contains(where: \.varies) else {
      throw arguments.fault(
        .missingParameter, at: Self.trials, "`sweep` needs an argument with several values",
        help: "list them: sweep lr=[1e-4,1e-3,1e-2]; or draw: sweep lr=1e-5..1e-1 trials=20")
    }
  }

  package func rehearse(in trial: Session) throws {
    if let path = arguments[Self.output] { _ = try trial.output(path) }
    _ = try metric(in: trial)
    trial.keptPlots.foresee(SweepPlot.name)
  }

  package func run(in session: Session) throws {
    let place = try arguments[Self.output].map { try session.output($0) }
    let metric = try metric(in: session)
    let planned = try plans(in: session)
    session.comparedRuns = planned.map(\.plan.name)
    var trials = SweepTrials(
      planned, by: metric, halving: arguments[Self.halving], in: session)
    try trials.run()
    let table = try SweepTable(
      keys: axisValues.map(\.key), trials: trials, seed: session.seed)
    session.currentRun = table.bestRun
    session.keptPlots.keep(table.plot)
    if let place, let format {
      let path = try place.prepared()
      switch format {
      case .csv: try AtomicFile.write(table.csv, to: path)
      case .png, .svg, .pdf: try PlotOutput().write(table.plot, format, to: path)
      }
    }
    session.console.result(
      table.text(width: session.console.tableWidth, paint: session.console.paint),
      event: .sweep, table.fields)
    if let place {
      session.tellWritten(place)
    }
    session.leaveReceipt(table.receipt)
    session.refresh()
  }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(
      provides: session.comparedRuns.map { "run:\($0)" } + ["current", SweepPlot.name],
      needs: TrainingParameters.lineage(
        arguments, from: arguments[TrainingParameters.from], in: session
      ).needs)
  }

  /// Scores decide: there have to be validation images that have this one.
  private func metric(in session: Session) throws -> any Metric {
    let data = try session.requireTrainingData()
    guard !data.partition(.validation).isEmpty else {
      throw GraftError(
        .failed, "\(data.name) has no validation images to choose the best by",
        help: "choose a split: data PATH split=80/20")
    }
    let task = try session.trialSession().makeModel(classes: data.classes).task
    let example = Evaluation.example(task, classes: data.classes)
    let metrics = example.metrics.map(\.metric)
    guard let name = arguments[Self.by] else { return metrics.first ?? AccuracyMetric() }
    guard let metric = metrics.first(where: { $0.name == name }) else {
      throw arguments.fault(
        .notAllowedHere, at: Self.by, "runs that predict \(task) have no score `\(name)`",
        help: "use one of: " + metrics.map(\.name).joined(separator: ", "))
    }
    return metric
  }
}

extension SweepCommand: ComparingCommand {
  func plannedTrainings(in session: Session) throws -> [PlannedTraining] {
    try plans(in: session).map(\.plan)
  }

  private func plans(
    in session: Session
  ) throws -> [(plan: PlannedTraining, values: [String])] {
    let varying = Set(axisValues.map(\.key))
    let fixed = values.map(\.key).filter { !varying.contains($0) }
    let common = arguments.syntax.arguments.filter {
      $0.label.map { (fixed + [TrainingParameters.from.name]).contains($0) } ?? false
    }
    let axes = TrainingAxes(
      axes: axisValues.map(\.axis),
      common: common.map { ArgumentSyntax(label: $0.label, value: $0.value.elements[0]) },
      verbSpan: arguments.syntax.verbSpan)
    let given = arguments[Self.prefix]
    let prefix = given ?? session.freeSweepName
    if given == nil { session.amendRecord(Self.prefix.name, prefix) }
    return points(of: axes, seed: session.seed).enumerated().map { index, point in
      let label = point.map { "\($0.key)=\(Printer.text($0.value))" }.joined(separator: " ")
      let plan = axes.plan(point, label: label, name: "\(prefix)_\(index + 1)", seed: nil)
      return (plan, point.map { Printer.text($0.value) })
    }
  }

  /// What trials differ in; an encoder is a line of its own in each.
  private var axisValues: [SweptValues] {
    values.filter { $0.varies || $0.key == Self.encoder.name }
  }

  /// Every combination, or different ones at random.
  private func points(of axes: TrainingAxes, seed: UInt64) -> [TrainingAxes.Point] {
    guard let count = arguments[Self.trials] else { return axes.points }
    var points: [TrainingAxes.Point] = []
    var known: Set<String> = []
    // Lists may have fewer combinations than were asked for.
    for draw in 0..<count * 20 where points.count < count {
      let point = axisValues.enumerated().map { slot, values in
        var stream = RandomStream(seed: seed, purpose: .resampling, sample: draw, slot: slot)
        return (key: values.key, value: values.draw(&stream))
      }
      let text = point.map { Printer.text($0.value) }.joined(separator: " ")
      if known.insert(text).inserted { points.append(point) }
    }
    return points
  }
}

extension ArgumentDeclaration {
  /// The same argument with any number of values, and ranges to draw them from.
  fileprivate var swept: ArgumentDeclaration {
    var result = self
    let drawn: ArgumentKind =
      switch kind {
      case .integer(let legal): .integerRange(legal)
      case .number(let legal): .either([kind, .range(legal, single: nil)])
      default: kind
      }
    result.kind = .list(of: drawn)
    result.whenOmitted = .absent(whenOmitted.text)
    return result
  }
}

extension ArgumentDeclaration.Omission {
  /// What holds without the argument.
  fileprivate var text: String? {
    switch self {
    case .refused: nil
    case .absent(let text): text
    case .value(let text): text
    }
  }
}
