import GraftBase
import GraftTraining

/// `runs`: the table of runs.
package struct RunsCommand: Command {
  private enum Extent: String, WordChoice {
    /// Those on disk, of earlier sessions too.
    case all
  }

  private static let extent: Argument<Extent?> = Argument(
    "which", .word, otherwise: "those of this session",
    "all: those on disk, of earlier sessions too"
  ).positional

  package static let specification = CommandSpecification(
    "runs", "list the runs with their scores", group: .keep, parameters: [extent],
    examples: ["runs", "runs ; use A", "runs all", "runs ?"],
    seeAlso: ["use", "drop", "train", "resume", "load"],
    discussion: """
      Every run is kept on disk, while it is trained and when it ends, in $XDG_STATE_HOME/graft. `resume`
      continues one, and `load run=NAME` takes its weights. Runs that did not change for 30 days are
      removed, and the oldest beyond 10 GB; Graft says so. When `train as=A` runs again, the earlier run is
      A~1, the one before it A~2: `use A~1`, `evaluate A~1`, `diff A~1 A`, `train from=A~1`. Their weights are
      read from the disk when they are used.
      """)

  private let extent: Extent?

  package init(_ arguments: CheckedArguments) throws { extent = arguments[Self.extent] }

  package func run(in session: Session) throws {
    if extent == .all { return listStored(in: session) }
    let runs = session.workbench.runs
    let earlier = session.workbench.earlier.sorted { $0.key < $1.key }
    guard !runs.isEmpty || !earlier.isEmpty else {
      return session.console.result(
        "no runs yet - train one: train epochs=5", event: .runs, [("runs", .array([]))])
    }
    let table = TextTable(
      ["", "run", "encoder", "policy", "steps", "val", "test", "time"],
      rows: runs.map { row($0, in: session) }
        + earlier.map { row($0.key, $0.value, in: session) },
      flexibilities: [
        1: .wraps(atLeast: 10), 2: .wraps(atLeast: 12), 3: .wraps(atLeast: 8), 6: .leaves(1),
        7: .leaves(0),
      ])
    session.console.result(
      table.rendered(
        width: session.console.tableWidth, paintHeader: session.console.paint.dim), event: .runs,
      [
        (
          "runs",
          .array(
            runs.map { object($0, in: session) }
              + earlier.map { object($0.key, $0.value, in: session) })
        )
      ])
  }

  private func listStored(in session: Session) {
    let store = session.stateFolder.map { RunStore(stateFolder: $0) }
    let runs = store?.runs() ?? []
    let isHeld = runs.map { run in store.map { RunLock.isHeld($0.path(of: run.id)) } ?? false }
    let table = TextTable(
      ["id", "run", "when", "encoder", "policy", "data", "epochs", "val", "state"],
      rows: zip(runs, isHeld).map { run, isHeld in
        [
          run.shortID, run.name, run.updated.clockText, run.encoder, run.policies,
          run.data.escapingControlCharacters, "\(run.epoch)/\(run.epochs)", run.score ?? "",
          state(of: run, isHeld),
        ]
      },
      flexibilities: [
        1: .wraps(atLeast: 8), 2: .leaves(1), 3: .wraps(atLeast: 10), 4: .wraps(atLeast: 6),
        5: .wraps(atLeast: 10), 8: .wraps(atLeast: 8),
      ])
    let text =
      runs.isEmpty
      ? "no runs on disk"
      : table.rendered(
        width: session.console.tableWidth, paintHeader: session.console.paint.dim)
    let objects = zip(runs, isHeld).map { object($0, $1) }
    session.console.result(text, event: .storedRuns, [("runs", .array(objects))])
  }

  private func object(_ run: StoredRun, _ isHeld: Bool) -> JSONValue {
    .object([
      ("id", .string(run.id)), ("run", .string(run.name)), ("encoder", .string(run.encoder)),
      ("data", .string(run.data)), ("epoch", .integer(run.epoch)),
      ("epochs", .integer(run.epochs)), ("step", .integer(run.step)),
      ("steps", .integer(run.totalSteps)), ("state", .string(state(of: run, isHeld))),
      ("score", run.score.map(JSONValue.string) ?? .null),
      ("weights_hash", run.weightsHash.map(JSONValue.string) ?? .null),
    ])
  }

  private func state(of run: StoredRun, _ isHeld: Bool) -> String {
    switch run.status {
    case .running: isHeld ? "training now" : "interrupted"
    case .stopped: "stopped"
    case .failed: "failed"
    case .completed, .outOfPatience: "finished"
    }
  }

  /// The metric that leads where it was measured.
  private func score(_ run: String, _ part: String, in session: Session) -> String {
    Metrics.all.lazy.compactMap { session.metrics["\(run).\(part).\($0.name)"] }.first
      .map { $0.fixedText(3) } ?? ""
  }

  /// An earlier run of its name that is on disk.
  private func row(_ name: String, _ run: StoredRun, in session: Session) -> [String] {
    [
      "", name, run.encoder, run.policies, "\(run.step)/\(run.totalSteps)",
      score(name, "val", in: session), score(name, "test", in: session),
      session.metrics["\(name).seconds"].map(\.durationText) ?? "",
    ]
  }

  private func object(_ name: String, _ run: StoredRun, in session: Session) -> JSONValue {
    .object(
      [
        ("run", .string(name)), ("current", .bool(false)), ("saved", .bool(false)),
        ("encoder", .string(run.encoder)), ("policies", .array([.string(run.policies)])),
        ("step", .integer(run.step)), ("steps", .integer(run.totalSteps)),
      ] + scores(of: name, in: session) + [("weights_hash", .string(run.weightsHash ?? ""))])
  }

  private func scores(of run: String, in session: Session) -> [(String, JSONValue)] {
    [
      "seconds", "val.\(AccuracyMetric().name)", "val.\(OverlapMetric().name)",
      "val.\(MeanPrecisionMetric().name)",
    ].map {
      ($0, session.metrics["\(run).\($0)"].map { .number($0) } ?? .null)
    }
  }

  private func row(_ run: TrainingRun, in session: Session) -> [String] {
    func value(_ part: String) -> String { score(run.name, part, in: session) }
    let policies = run.prepared?.ingredients.methodText
    let steps = run.result.map { "\($0.step)/\($0.totalSteps)" }
    let seconds = session.metrics["\(run.name).seconds"].map(\.durationText)
    return [
      run.name == session.currentRun ? "*" : "", run.name, run.model.spec.name,
      policies ?? "from a file", steps ?? "", value("val"), value("test"),
      seconds ?? "",
    ]
  }

  private func object(_ run: TrainingRun, in session: Session) -> JSONValue {
    let ingredients = run.prepared?.ingredients
    let phases =
      ingredients?.solving.map { [JSONValue.string("\($0)")] }
      ?? ingredients?.phases.map { JSONValue.string("\($0.policy)") }
    return .object(
      [
        ("run", .string(run.name)), ("current", .bool(run.name == session.currentRun)),
        ("saved", .bool(run.isSaved)), ("encoder", .string(run.model.spec.name)),
        ("policies", .array(phases ?? [])), ("step", .integer(run.stepsDone)),
        ("steps", run.prepared.map { .integer($0.totalSteps) } ?? .null),
      ]
        + scores(of: run.name, in: session)
        + [("weights_hash", .string(run.model.weightsHash.hex))])
  }
}
