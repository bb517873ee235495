/// `finetune`: first the head, then everything: the two-phase default of the field.
package struct FinetuneCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "finetune", "train the head first, then everything", group: .train,
    parameters: [
      TrainingParameters.epochs(default: "5"),
      ParameterSpecification(
        "freeze", .integer(0...10_000), default: .value("1"), "epochs with only the head learning"),
      ParameterSpecification(
        "lr", .number(0...10), default: .value("2e-3"), "peak rate of the head's phase"),
    ] + TrainingParameters.loop + TrainingParameters.ending,
    examples: [
      "finetune", "finetune epochs=3 as=F", "finetune epochs=10 freeze=2 lr=1e-3 batch=16",
    ],
    seeAlso: ["train", "policy", "resume"], isRecorded: true)

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func lineage(in session: Session) -> Lineage? {
    TrainingParameters.lineage(
      arguments, run: arguments.text("as") ?? session.currentRun, in: session)
  }
}
