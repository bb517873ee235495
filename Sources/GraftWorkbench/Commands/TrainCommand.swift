import GraftBase
import GraftModels
import GraftTraining

/// `train`: trains the model as the policy says.
package struct TrainCommand: TrainingCommand {
  package static let specification = CommandSpecification(
    "train", "train the model as the policy says", group: .train,
    parameters: [TrainingParameters.epochs(default: "5"), TrainingParameters.rate]
      + TrainingParameters.loop + [
        ParameterSpecification(
          "head", .choice(HeadCommand.kinds), default: .described("the current head"),
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

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func prepare(in session: Session) throws -> PreparedRun {
    var policy = session.workbench.policy
    if let letter = arguments.text("policy") {
      let rates = Policy.variant(letter, rate: arguments.range("lr")).rates
      policy.rates = rates
    }
    if let range = arguments.range("lr"), range.lowerBound < range.upperBound,
      policy.letter != "C"
    {
      throw arguments.fault(
        .wrongType, at: "lr", "policy \(policy.letter) has one rate, not a range",
        help: "a range goes with C: train policy=C lr=1e-5..1e-3")
    }
    policy = policy.with(rate: arguments.range("lr"))
    var ingredients = try session.ingredients(arguments)
    ingredients.phases = [
      TrainingPhase(
        policy,
        TrainingArguments(arguments).settings(
          epochs: arguments.integer("epochs") ?? 5,
          usual: Choice(policy.letter == "B" ? "constant" : "one-cycle"), seed: session.seed,
          classWeights: session.classWeights))
    ]
    let name =
      arguments.text("as") ?? session.workbench.freeName(preferred: policy.letter)
    let model = try session.makeModel(classes: ingredients.data.classes, head: head)
    try TrainingArguments(arguments).chooseLoss(
      for: model, pipeline: ingredients.pipeline, in: session)
    if let source = arguments.text("from") {
      try model.takeWeights(of: session.requireRun(source).model)
    }
    return try PreparedRun(name: name, model: model, ingredients)
  }

  private var head: HeadSpec? {
    switch arguments.text("head") {
    case "linear": .linear()
    case "mlp": .mlp(hidden: 512)
    case "own": .own
    case "unet": .unet()
    case "fcn": .fcn()
    default: nil
    }
  }

  package func lineage(in session: Session) -> Lineage? {
    TrainingParameters.lineage(
      arguments, run: arguments.text("as") ?? session.currentRun, in: session)
  }

  package static func currentValues(in session: Session) -> [String: String] {
    let workbench = session.workbench
    return [
      "head": workbench.head.description, "policy": workbench.policy.description,
      "augment": workbench.pipeline.text,
    ]
  }
}
