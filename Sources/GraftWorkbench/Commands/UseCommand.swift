/// `use`: makes another run the current one.
package struct UseCommand: Command {
  package static let specification = CommandSpecification(
    "use", "make a run the current one", group: .keep,
    parameters: [.positional("run", .name(.run), default: .required, "the run")],
    examples: ["use A", "use A ; evaluate", "use C"],
    seeAlso: ["runs", "drop"], isRecorded: true)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func run(in session: Session) throws {
    let run = try session.requireRun(arguments.text("run"))
    session.currentRun = run.name
    session.refresh()
    session.console.result(
      "\(run.name) is the current run", event: "use", [("run", .string(run.name))])
  }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(provides: ["current"], needs: arguments.text("run").map { ["run:\($0)"] } ?? [])
  }
}
