import GraftBase
import GraftData
import GraftImaging
import GraftModels
import GraftTraining

/// `compare`: which of several runs, variants, encoders, heads or pipelines is better, and at what price.
package struct CompareCommand: Command {
  private static let subjects = Argument(
    each: "what", .subject, otherwise: "the finished runs of this session",
    "runs; or variants A, B, C to be trained where they are not there yet"
  ).positional
  private static let seeds = Argument(
    "seeds", .integer(1...100), default: 1,
    "trainings of each, with the session's seed and those after it")
  private static let encoders = Argument(
    each: "encoders", .encoderSources, otherwise: "the current encoder", "encoders to compare")
  private static let heads = Argument(
    each: "heads", .heads, otherwise: "the current head", "heads to compare")
  private static let pipelines = Argument(
    each: "pipelines", .comparedPipelines, otherwise: "the current pipeline",
    "pipelines to compare, each a name or an op, or a list of ops")
  private static let on: Argument<DataPart> = Argument(
    "on", .word, default: .val, "split that they are measured on")
  private static let metric = Argument(
    "metric", .choice(Metrics.all.map(\.name)), otherwise: "the one that training shows",
    "score to compare by")
  private static let target = Argument(
    "target", .number(0...1), "score of the validation images; shows how long each took to reach it"
  )
  private static let output = Argument(
    "to", .path(.output), "CSV file for every image with the predictions of each run")

  private static let prefix = Argument(
    "as", .newName(.run), otherwise: "none, or a free one where a name is taken",
    "prefix of the names of new runs")

  private static let own: [any AnyArgument] = [
    subjects, seeds, encoders, heads, pipelines, on, metric, target, output, prefix,
  ]
  private static let shared: [any AnyArgument] =
    [TrainingParameters.epochs, TrainingParameters.rate] + TrainingParameters.loop
    + [TrainingParameters.head, TrainingParameters.policy, TrainingParameters.from]

  package static let specification = CommandSpecification(
    "compare", "tell which runs are better and at what price; trains what is missing",
    group: .judge, parameters: own + shared,
    examples: [
      "compare A B C epochs=3", "compare A B seeds=3 epochs=2 target=0.8",
      "compare heads=[linear,mlp] policy=A epochs=2", "compare A C to=changes.csv",
    ],
    seeAlso: ["evaluate", "runs", "diff", "train"], isRecorded: true,
    discussion: """
      Names of finished runs are compared as they are. A, B and C otherwise, with seeds=, or with any argument \
      of `train`, are trained: on the same split, and for each seed with the same initial head and the same \
      draws; a training that is there already, in this session or on disk, is taken from there. The table has \
      the mean score with its 95 % interval, the difference from the best with the p value of an exact paired \
      test over images (McNemar's; adjusted for several by Holm), and what each training cost. With on=test it \
      counts as an evaluation on the test images. Of several seeds the first stays in the session; the others \
      are on disk: `load run=A_2`.
      """)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func run(in session: Session) throws {
    let place = try arguments[Self.output].map { try session.output($0) }
    let data = try measurableData(in: session)
    session.comparedRuns = []
    let rows =
      try finishedRuns(in: session).map { try measured($0, data, in: session) }
      ?? trainedRows(data, in: session)
    let part = arguments[Self.on]
    let compared = try ComparedRuns(
      rows, by: metric, on: part.rawValue, of: data, target: arguments[Self.target],
      seed: session.seed)
    if part == .test {
      for run in rows.flatMap(\.runs) { session.workbench.testLooks[run, default: 0] += 1 }
    }
    if session.currentRun == nil { session.currentRun = rows[compared.comparison.best].runs.first }
    if let place { try AtomicFile.write(compared.predictionTable, to: place.prepared()) }
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
    if trainsNothing { _ = try finishedRuns(in: trial) }
  }

  package func lineage(in session: Session) -> Lineage? {
    let made = session.comparedRuns
    guard trainsNothing && made.isEmpty else {
      return Lineage(
        provides: made.map { "run:\($0)" } + ["current"],
        needs: TrainingParameters.lineage(
          arguments, from: arguments[TrainingParameters.from], in: session
        )
        .needs, isOutcome: true)
    }
    let names = arguments[Self.subjects]
    let runs = names.isEmpty ? session.workbench.runs.map(\.name) : names
    return Lineage(needs: ["data"] + runs.map { "run:\($0)" }, isOutcome: true)
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

// MARK: Finished runs

extension CompareCommand {
  /// Whether nothing was said that only trainings need.
  private var trainsNothing: Bool {
    let asked = Self.shared + [Self.encoders, Self.heads, Self.pipelines]
    return !arguments.isGiven(Self.seeds) && arguments.firstGiven(of: asked) == nil
  }

  /// The runs of the session that were named, or all; nil where something is to be trained.
  private func finishedRuns(in session: Session) throws -> [TrainingRun]? {
    guard trainsNothing else { return nil }
    let names = arguments[Self.subjects]
    let runs =
      names.isEmpty ? session.workbench.runs : names.compactMap(session.workbench.run(named:))
    if names.isEmpty {
      guard runs.count > 1 else {
        try session.requireForeseeable("current", Trial.anyRun)
        throw GraftError(
          .failed, "there are no two runs to compare",
          help: "`compare A B C` trains the three variants and compares them")
      }
      return runs
    }
    guard runs.count < names.count else { return runs }
    // Variants can be trained; a run can not.
    if !names.allSatisfy({ Policy.Variant(rawValue: $0) != nil }) {
      for name in names { _ = try session.requireRun(name) }
    }
    return nil
  }

  private func measured(
    _ runs: [TrainingRun], _ data: DataSet, in session: Session
  ) throws -> [ComparedRuns.Row] {
    try runs.map { run in
      var row = ComparedRuns.Row(label: run.name)
      row.add(run, try evaluation(of: run, data, in: session), target: arguments[Self.target])
      return row
    }
  }

  private func evaluation(
    of run: TrainingRun, _ data: DataSet, in session: Session
  ) throws -> Evaluation {
    let part = arguments[Self.on]
    if part == .val, let known = run.result?.validation, let own = run.prepared?.ingredients.data,
      own.fingerprint == data.fingerprint, own.splitHash == data.splitHash
    {
      return known
    }
    return try RunEvaluation(run: run, session: session)
      .evaluate(data, part.partition, views: 1, pipeline: .none)
  }
}

// MARK: Trainings

extension CompareCommand: ComparingCommand {
  func plannedTrainings(in session: Session) throws -> [PlannedTraining] {
    try seededPlans(in: session).flatMap(\.self)
  }

  /// A row for each way to train, with a plan for each seed; none where finished runs are compared.
  private func seededPlans(in session: Session) throws -> [[PlannedTraining]] {
    guard try finishedRuns(in: session) == nil else { return [] }
    let axes = TrainingAxes(
      axes: try self.axes, common: common, verbSpan: arguments.syntax.verbSpan)
    let count = arguments[Self.seeds]
    let points = axes.points
    guard points.count > 1 || count > 1 else {
      throw arguments.fault(
        .missingParameter, at: Self.subjects, "there is only one way to train in this comparison",
        help: "name two: compare A B, or compare encoders=[resnet18,mobilenet_v2]")
    }
    let letter = session.workbench.policy.letter
    func names(_ prefix: String?) -> [[String]] {
      axes.names(seeds: count, prefix: prefix, default: letter)
    }
    let given = arguments[Self.prefix]
    let prefix = given ?? freePrefix(names, in: session)
    if given == nil, let prefix { session.amendRecord(Self.prefix.name, prefix) }
    return zip(points, names(prefix)).map { point, names in
      let label = point.map { Printer.text($0.value) }.joined(separator: ", ")
      return names.enumerated().map { index, name in
        axes.plan(
          point, label: label.isEmpty ? letter : label, name: name,
          seed: count > 1 ? session.seed + UInt64(index) : nil)
      }
    }
  }

  /// What keeps the names of new runs apart from those of other runs; nil where nothing is needed.
  private func freePrefix(_ names: (String?) -> [[String]], in session: Session) -> String? {
    func isFree(_ prefix: String?) -> Bool {
      names(prefix).joined().allSatisfy { session.workbench.run(named: $0) == nil }
    }
    if isFree(nil) { return nil }
    var number = 2
    while !isFree("again\(number)") { number += 1 }
    return "again\(number)"
  }

  private var axes: [TrainingAxes.Axis] {
    get throws {
      var axes: [TrainingAxes.Axis] = []
      let names = arguments.syntax.arguments.filter { $0.label == nil }.map(\.value)
      let variants = arguments[Self.subjects]
      if let other = variants.first(where: { Policy.Variant(rawValue: $0) == nil }) {
        throw arguments.fault(
          .unknownValue, at: Self.subjects, "`\(other)` is no variant that can be trained",
          help:
            "trained are A, B and C; finished runs are compared without seeds= and arguments of `train`"
        )
      }
      if !names.isEmpty { axes.append(.init(key: TrainingParameters.policy.name, values: names)) }
      let others: [(any AnyArgument, String)] = [
        (Self.encoders, TrainingAxes.encoderKey), (Self.heads, TrainingParameters.head.name),
        (Self.pipelines, TrainingParameters.augment.name),
      ]
      for (argument, key) in others {
        guard let value = arguments.syntax.arguments.first(where: { $0.label == argument.name })
        else { continue }
        axes.append(.init(key: key, values: value.value.elements))
      }
      return axes
    }
  }

  /// The arguments of `train` that all trainings share.
  private var common: [ArgumentSyntax] {
    let names = Set(Self.shared.map(\.name))
    return arguments.syntax.arguments.filter { $0.label.map(names.contains) ?? false }
  }

  private func trainedRows(_ data: DataSet, in session: Session) throws -> [ComparedRuns.Row] {
    let plans = try seededPlans(in: session)
    session.comparedRuns = plans.flatMap(\.self).map(\.name)
    return try plans.map { plans in
      var row = ComparedRuns.Row(label: plans[0].label)
      for (index, plan) in plans.enumerated() {
        let run = try session.trained(plan)
        row.add(run, try evaluation(of: run, data, in: session), target: arguments[Self.target])
        // Memory for one of each; the others stay on disk.
        let isOnDisk = run.prepared.map { session.store?.run($0.id) != nil } ?? false
        if index > 0, run.name == plan.name, isOnDisk { session.workbench.drop(run.name) }
      }
      return row
    }
  }
}

extension ArgumentType where Value == String {
  /// A run, or a variant.
  fileprivate static var subject: Self {
    Self(.either([.choice(Policy.Variant.allCases.map(\.rawValue)), .name(.run)]))
  }
  fileprivate static var heads: Self { Self(.list(of: .choice(Heads.all.map { $0.name }))) }
}

extension ArgumentType where Value == TransformCall {
  fileprivate static var comparedPipelines: Self { Self(.list(of: .list(of: .pipeline))) }
}
