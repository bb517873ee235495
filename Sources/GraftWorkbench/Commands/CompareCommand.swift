import GraftBase
import GraftData
import GraftImaging
import GraftModels
import GraftPlots
import GraftTraining

/// `compare`: which of several runs, variants, encoders, heads or pipelines is better, and at what price.
package struct CompareCommand: Command {
  static let subjects = Argument(
    each: "what", .subject, otherwise: "the finished runs of this session",
    "runs; or variants A, B, C, gradual to be trained where they are not there yet"
  ).positional
  static let seeds = Argument(
    "seeds", .integer(1...100), default: 1,
    "trainings of each, with the session's seed and those after it")
  static let encoders = Argument(
    list: "encoders", .encoderSources, otherwise: "the current encoder", "encoders to compare")
  static let heads = Argument(
    list: "heads", .heads, otherwise: "the current head", "heads to compare")
  static let pipelines = Argument(
    list: "pipelines", .comparedPipelines, otherwise: "the current pipeline",
    "pipelines to compare, each a name or an op, or a list of ops")
  static let on: Argument<DataPart> = Argument(
    "on", .word, default: .val, "split that they are measured on")
  private static let metric = Argument(
    "metric", .choice(Metrics.all.map(\.name)), otherwise: "the one that training shows",
    "score to compare by")
  static let target = Argument(
    "target", .number(0...1), "score of the validation images; shows how long each took to reach it"
  )
  private static let output = Argument(
    "to", .path(.output),
    "file: .csv for every image with the predictions of each run; .png, .svg, .pdf for the plot of "
      + "quality against cost")

  static let prefix = Argument(
    "as", .newName(.run), otherwise: "none, or a free one where a name is taken",
    "prefix of the names of new runs")

  private static let own: [any AnyArgument] = [
    subjects, seeds, encoders, heads, pipelines, on, metric, target, output, prefix,
  ]
  static let shared: [any AnyArgument] =
    [TrainingParameters.epochs, TrainingParameters.rate] + TrainingParameters.loop
    + [TrainingParameters.head, TrainingParameters.policy, TrainingParameters.from]

  package static let specification = CommandSpecification(
    "compare", "tell which runs are better and at what price; trains what is missing",
    group: .judge, parameters: own + shared,
    examples: [
      "compare A B C epochs=3", "compare A B seeds=3 epochs=2 target=0.8",
      "compare heads=[linear,mlp] policy=A epochs=2", "compare A C to=changes.csv",
    ],
    seeAlso: ["evaluate", "runs", "diff", "train", "plot"], isRecorded: true,
    discussion: """
      Runs are compared as they are, a solved head beside variants: compare head A B. A, B and C are trained where \
      they are no runs yet, with seeds=, or with any argument of `train`: on the same split, and for each seed with the same initial head and the same \
      draws; a training that is there already, in this session or on disk, is taken from there. The table has \
      the mean score with its 95 % interval, the difference from the best with the p value of an exact paired \
      test over images (McNemar's; adjusted for several by Holm), and what each training cost. With on=test it \
      counts as an evaluation on the test images. Of several seeds the first stays in the session; the others \
      are on disk: `load run=A_2`.
      """)

  let arguments: CheckedArguments
  private let format: Plot.Format?

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    format = try arguments.plotFormat(at: Self.output)
  }

  package func run(in session: Session) throws {
    let place = try arguments[Self.output].map { try session.output($0) }
    let data = try measurableData(in: session)
    session.comparedRuns = []
    let rows = try rows(data, in: session)
    let part = arguments[Self.on]
    let compared = try ComparedRuns(
      rows, by: metric, on: part.rawValue, of: data, target: arguments[Self.target],
      seed: session.seed)
    if part == .test {
      for run in rows.flatMap(\.runs) { session.workbench.testLooks[run, default: 0] += 1 }
    }
    if session.currentRun == nil { session.currentRun = rows[compared.comparison.best].runs.first }
    let plot = ComparisonPlot.plot(compared)
    session.keptPlots.keep(plot)
    if let place, let format {
      let path = try place.prepared()
      switch format {
      case .csv: try AtomicFile.write(compared.predictionTable, to: path)
      case .png, .svg, .pdf: try PlotOutput().write(plot, format, to: path)
      }
    }
    session.console.result(
      compared.text(width: session.console.tableWidth, paint: session.console.paint),
      event: .compare, compared.fields)
    if let place {
      session.tellWritten(place)
    }
    session.leaveReceipt(receipt(of: compared))
    session.refresh()
  }

  package func rehearse(in trial: Session) throws {
    if let path = arguments[Self.output] { _ = try trial.output(path) }
    _ = try measurableData(in: trial)
    _ = try knownRuns(in: trial)
    trial.keptPlots.foresee(ComparisonPlot.name)
  }

  package func lineage(in session: Session) -> Lineage? {
    let known = (try? knownRuns(in: session)).map { $0.map { "run:\($0.name)" } } ?? []
    guard trains(in: session) || !session.comparedRuns.isEmpty else {
      return Lineage(
        provides: [ComparisonPlot.name], needs: ["data"] + known, isOutcome: true)
    }
    let trained = TrainingParameters.lineage(
      arguments, from: arguments[TrainingParameters.from], in: session)
    return Lineage(
      provides: session.comparedRuns.map { "run:\($0)" } + ["current", ComparisonPlot.name],
      needs: trained.needs + known, isOutcome: true)
  }

  /// The data, which must have images of the split that is measured.
  private func measurableData(in session: Session) throws -> DataSet {
    let data = try session.requireData()
    let part = arguments[Self.on]
    guard !data.partition(part.partition).isEmpty else {
      throw GraftError(
        .failed, "\(data.name) has no \(part.rawValue) images",
        help: "compare on=val, or choose a split: data PATH split=80/10/10")
    }
    return data
  }

  private var metric: (any Metric)? {
    arguments[Self.metric].flatMap { name in Metrics.all.first { $0.name == name } }
  }

  private func receipt(of compared: ComparedRuns) -> String {
    let scores = compared.rows.indices.map {
      "\(compared.rows[$0].label) \(compared.comparison.scores[$0].value.fixedText(4))"
    }
    return "\(compared.split).\(compared.comparison.metric.name) " + scores.joined(separator: ", ")
  }
}

extension ArgumentType where Value == String {
  /// A run, or a variant.
  fileprivate static var subject: Self {
    Self(.either([.choice(Policy.Variant.allCases.map(\.rawValue)), .name(.run)]))
  }
}

extension ArgumentType where Value == [String] {
  fileprivate static var heads: Self { Self(.list(of: .choice(Heads.all.map { $0.name }))) }
}

extension ArgumentType where Value == [TransformCall] {
  fileprivate static var comparedPipelines: Self { Self(.list(of: .list(of: .pipeline))) }
}
