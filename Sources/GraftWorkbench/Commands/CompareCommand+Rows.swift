import GraftBase
import GraftData
import GraftTraining

// What is compared: runs as they are, and trainings.

extension CompareCommand {
  /// Whether a name is that of a variant, which can be trained.
  private static func isVariant(_ name: String) -> Bool { Policy.Variant(rawValue: name) != nil }

  /// Whether something was said that only trainings need.
  private var asksForTrainings: Bool {
    let asked = Self.shared + [Self.encoders, Self.heads, Self.pipelines]
    return arguments.isGiven(Self.seeds) || arguments.firstGiven(of: asked) != nil
  }

  /// Whether anything is to be trained: what was asked so, and variants of which there is no run.
  func trains(in session: Session) -> Bool {
    asksForTrainings
      || arguments[Self.subjects].contains {
        Self.isVariant($0) && session.workbench.run(named: $0) == nil
      }
  }

  /// The runs that are compared as they are: all of the session where none is named.
  func knownRuns(in session: Session) throws -> [TrainingRun] {
    let names = arguments[Self.subjects]
    guard trains(in: session) else {
      guard names.isEmpty else { return try names.map { try knownRun($0, in: session) } }
      let runs = session.workbench.runs
      guard runs.count > 1 else {
        try session.requireForeseeable("current", Trial.anyRun)
        throw GraftError(
          .failed, "there are no two runs to compare",
          help: "`compare A B C` trains the three variants and compares them")
      }
      return runs
    }
    let known = try names.filter { !Self.isVariant($0) }.map { try knownRun($0, in: session) }
    guard let first = known.first else { return [] }
    let count = arguments[Self.seeds]
    guard count == 1 else {
      throw arguments.fault(
        .notAllowedHere, at: Self.seeds,
        "`\(first.name)` is one training, and seeds=\(count) compares \(count) of each",
        help: "leave out seeds=, or `\(first.name)`")
    }
    return known
  }

  private func knownRun(_ name: String, in session: Session) throws -> TrainingRun {
    if let run = try session.keptRun(name) { return run }
    try session.requireForeseeable("run:\(name)")
    let variants = Policy.Variant.allCases.map(\.rawValue)
    let meant = variants.first { $0.lowercased() == name.lowercased() }
    throw GraftError(
      .failed, "`\(name)` is neither a run nor one of the variants \(variants.joinedAsList)",
      help: meant.map { "did you mean `\($0)`?" } ?? "`runs` lists the runs")
  }

  /// Measures what is there, trains what is not.
  func rows(_ data: DataSet, in session: Session) throws -> [ComparedRuns.Row] {
    let known = try knownRuns(in: session).map { run in
      var row = ComparedRuns.Row(label: run.name)
      row.add(
        run, try session.evaluation(of: run, on: arguments[Self.on], of: data),
        target: arguments[Self.target])
      return row
    }
    let plans = try seededPlans(in: session)
    session.comparedRuns = plans.flatMap(\.self).map(\.name)
    return try known + plans.map { try trainedRow($0, data, in: session) }
  }

  private func trainedRow(
    _ plans: [PlannedTraining], _ data: DataSet, in session: Session
  ) throws -> ComparedRuns.Row {
    var row = ComparedRuns.Row(label: plans[0].label)
    for (index, plan) in plans.enumerated() {
      let run = try session.trained(plan)
      row.add(
        run, try session.evaluation(of: run, on: arguments[Self.on], of: data),
        target: arguments[Self.target])
      // Memory for one of each; the others stay on disk.
      let isOnDisk = run.prepared.map { session.store?.run($0.id) != nil } ?? false
      if index > 0, run.name == plan.name, isOnDisk { session.workbench.drop(run.name) }
    }
    return row
  }
}

extension CompareCommand: ComparingCommand {
  func plannedTrainings(in session: Session) throws -> [PlannedTraining] {
    try seededPlans(in: session).flatMap(\.self)
  }

  /// A row for each way to train, with a plan for each seed.
  private func seededPlans(in session: Session) throws -> [[PlannedTraining]] {
    guard trains(in: session) else { return [] }
    let axes = TrainingAxes(axes: self.axes, common: common, verbSpan: arguments.syntax.verbSpan)
    let count = arguments[Self.seeds]
    let points = axes.points
    let known = try knownRuns(in: session)
    if axes.axes.isEmpty, !known.isEmpty, let first = arguments.firstGiven(of: Self.shared) {
      throw arguments.fault(
        .notAllowedHere, at: first, "`\(first.name)` is for trainings, and nothing here is trained",
        help: "leave it out, or add a variant: compare \(known[0].name) A \(first.name)=…")
    }
    guard points.count + known.count > 1 || count > 1 else {
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
    let variants = arguments.syntax.arguments.filter { argument in
      argument.label == nil && argument.value.literal.map(Self.isVariant) == true
    }.map(\.value)
    let lists: [(any AnyArgument, String)] = [
      (Self.encoders, TrainingAxes.encoderKey), (Self.heads, TrainingParameters.head.name),
      (Self.pipelines, TrainingParameters.augment.name),
    ]
    let others = lists.compactMap { argument, key in
      arguments.syntax.arguments.first { $0.label == argument.name }
        .map { TrainingAxes.Axis(key: key, values: $0.value.elements) }
    }
    let policies = TrainingAxes.Axis(key: TrainingParameters.policy.name, values: variants)
    return (variants.isEmpty ? [] : [policies]) + others
  }

  /// The arguments of `train` that all trainings share.
  private var common: [ArgumentSyntax] {
    let names = Set(Self.shared.map(\.name))
    return arguments.syntax.arguments.filter { $0.label.map(names.contains) ?? false }
  }
}
