import GraftBase

/// `use`: makes another run the current one.
package struct UseCommand: Command {
  private static let run = Argument(required: "run", .name(.run), "the run").positional

  package static let specification = CommandSpecification(
    "use", "make a run the current one", group: .keep,
    parameters: [run],
    examples: ["use A", "use A ; evaluate", "use C"],
    seeAlso: ["runs", "drop"], isRecorded: true)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func rehearse(in trial: Session) throws { try run(in: trial) }

  package func run(in session: Session) throws {
    let run = try session.requireRun(arguments[Self.run])
    session.currentRun = run.name
    session.refresh()
    session.console.result(
      "\(run.name) is the current run", event: .use, [("run", .string(run.name))])
  }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(provides: ["current"], needs: ["run:\(arguments[Self.run])"])
  }
}
