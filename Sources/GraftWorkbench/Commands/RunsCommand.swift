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
    let rows = runs.map { run in
      let accuracy = session.metrics["\(run.name).val.accuracy"]
      let test = session.metrics["\(run.name).test.accuracy"]
      return [
        run.name == session.currentRun ? "*" : "", run.name, run.model.spec.name,
        run.plan.map { $0.phases.map { "\($0.policy)" }.joined(separator: ", ") } ?? "from a file",
        run.result.map { "\($0.step)/\($0.totalSteps)" } ?? "",
        accuracy.map(ProgressLine.decimals) ?? "", test.map(ProgressLine.decimals) ?? "",
        (session.metrics["\(run.name).seconds"]).map(ProgressLine.clock) ?? "",
      ]
    }
    let table = TextTable(
      ["", "run", "encoder", "policy", "steps", "val", "test", "time"], rows: rows)
    session.console.result(
      table.rendered(paint: session.console.paint), event: "runs",
      [
        (
          "runs",
          .array(
            runs.map { run in
              .object([
                ("run", .string(run.name)), ("encoder", .string(run.model.spec.name)),
                (
                  "val.accuracy",
                  session.metrics["\(run.name).val.accuracy"].map(JSONValue.number) ?? .null
                ),
                ("weights_hash", .string(run.model.weightsHash.hex)),
              ])
            })
        )
      ])
  }
}
