/// `evaluate`: metrics of a run, overall and per class.
package struct EvaluateCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "evaluate", "measure a run, overall and per class", group: .judge,
    parameters: [
      .positional("run", .name(.run), default: .described("the current run"), "the run to measure"),
      ParameterSpecification(
        "on", .either([.choice(["val", "test", "train"]), .path(.data)]), default: .value("val"),
        "a part of the data, or a folder"),
      ParameterSpecification(
        "views", .integer(1...64), default: .value("1"), "augmented views to average"),
    ],
    examples: ["evaluate", "evaluate A on=test", "evaluate C views=4"],
    seeAlso: ["expect", "predict", "runs"], isRecorded: true,
    discussion: "Looks at the test part are counted and shown: the more looks, the less it proves.")

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func lineage(in session: Session) -> Lineage? {
    let run = arguments.text("run") ?? session.currentRun
    return Lineage(
      needs: ["data"] + (run.map { ["run:\($0)"] } ?? ["current"]), isOutcome: true)
  }
}
