/// `train`: trains the model as the policy says.
package struct TrainCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "train", "train the model as the policy says", group: .train,
    parameters: [TrainingParameters.epochs(default: "5"), TrainingParameters.rate]
      + TrainingParameters.loop + [
        ParameterSpecification(
          "head", .choice(["linear", "mlp"]), default: .described("the current head"),
          "head for this run"),
        ParameterSpecification(
          "policy", .choice(["A", "B", "C"]), default: .described("the current policy"),
          "policy for this run"),
        ParameterSpecification(
          "from", .name(.run), default: .described("the encoder's own weights"),
          "run to start from"),
      ] + TrainingParameters.ending,
    examples: [
      "train epochs=5", "train epochs=10 lr=1e-3 batch=64 as=A",
      "train epochs=20 policy=C lr=1e-5..1e-3 patience=3 as=C",
    ],
    seeAlso: ["finetune", "resume", "policy", "augment", "evaluate"], isRecorded: true,
    discussion: "Ctrl-C stops after the batch and keeps the weights; `resume` goes on.")

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func lineage(in session: Session) -> Lineage? {
    TrainingParameters.lineage(
      arguments, run: arguments.text("as") ?? session.currentRun, in: session)
  }
}
