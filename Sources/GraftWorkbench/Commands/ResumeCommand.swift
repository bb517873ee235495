/// `resume`: continues a run as if it had never stopped.
package struct ResumeCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "resume", "continue a run as if it had never stopped", group: .train,
    parameters: [
      .positional(
        "run", .name(.run), default: .described("the current run"), "the run to continue"),
      ParameterSpecification(
        "epochs", .increment(1...100_000), default: .described("those it was planned for"),
        "+N for N more, or the new total"),
    ],
    examples: ["resume", "resume C", "resume A epochs=+5"],
    seeAlso: ["train", "runs"], isRecorded: true)

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func lineage(in session: Session) -> Lineage? {
    let run = arguments.text("run") ?? session.currentRun
    let things = run.map { ["run:\($0)"] } ?? []
    return Lineage(provides: things + ["current"], needs: things + ["encoder", "data", "seed"])
  }
}
