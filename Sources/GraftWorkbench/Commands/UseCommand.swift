/// `use`: makes another run the current one.
package struct UseCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "use", "make a run the current one", group: .keep,
    parameters: [.positional("run", .name(.run), default: .required, "the run")],
    examples: ["use A", "use A ; evaluate", "use C"],
    seeAlso: ["runs", "drop"], isRecorded: true)

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(provides: ["current"], needs: arguments.text("run").map { ["run:\($0)"] } ?? [])
  }
}
