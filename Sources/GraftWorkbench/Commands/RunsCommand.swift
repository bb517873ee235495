import GraftBase
import GraftTraining

/// `runs`: the table of runs.
package struct RunsCommand: Command {
  package static let specification = CommandSpecification(
    "runs", "list the runs with their scores", group: .keep,
    examples: ["runs", "runs ; use A", "runs ?"], seeAlso: ["use", "drop", "train"])

  package init(_ arguments: CheckedArguments) throws {}

  package func run(in session: Session) throws {
    let runs = session.workbench.runs
    guard !runs.isEmpty else {
      return session.console.result(
        "no runs yet - train one: train epochs=5", event: "runs", [("runs", .array([]))])
    }
    let table = TextTable(
      ["", "run", "encoder", "policy", "steps", "val", "test", "time"],
      rows: runs.map { row($0, in: session) })
    session.console.result(
      table.rendered(paintHeader: session.console.paint.dim), event: "runs",
      [("runs", .array(runs.map { object($0, in: session) }))])
  }

  private func row(_ run: TrainingRun, in session: Session) -> [String] {
    // The metric that leads where it was measured.
    func value(_ part: String) -> String {
      Metrics.all.lazy.compactMap { session.metrics["\(run.name).\(part).\($0.name)"] }.first
        .map { $0.fixedText(3) } ?? ""
    }
    let policies = run.prepared?.ingredients.phases.map { "\($0.policy)" }.joined(separator: ", ")
    let steps = run.result.map { "\($0.step)/\($0.totalSteps)" }
    let seconds = session.metrics["\(run.name).seconds"].map(\.durationText)
    return [
      run.name == session.currentRun ? "*" : "", run.name, run.model.spec.name,
      policies ?? "from a file", steps ?? "", value("val"), value("test"),
      seconds ?? "",
    ]
  }

  private func object(_ run: TrainingRun, in session: Session) -> JSONValue {
    let score = "val.\(AccuracyMetric().name)"
    let accuracy = session.metrics["\(run.name).\(score)"]
    return .object([
      ("run", .string(run.name)), ("encoder", .string(run.model.spec.name)),
      (score, accuracy.map { .number($0) } ?? .null),
      ("weights_hash", .string(run.model.weightsHash.hex)),
    ])
  }
}
