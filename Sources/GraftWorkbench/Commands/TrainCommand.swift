import GraftBase
import GraftModels
import GraftTraining

/// `train`: trains the model as the policy says.
package struct TrainCommand: TrainingCommand {
  private static let head = Argument(
    "head", .choice(Heads.all.map { $0.name }), otherwise: "the current head", "head for this run")
  private static let policy: Argument<Policy.Variant?> = Argument(
    "policy", .word, otherwise: "the current policy", "policy for this run")
  private static let from = Argument(
    "from", .name(.run), otherwise: "the encoder's own weights", "run to start from")

  package static let specification = CommandSpecification(
    "train", "train the model by the policy", group: .train,
    parameters: [TrainingParameters.epochs, TrainingParameters.rate] + TrainingParameters.loop
      + [head, policy, from] + TrainingParameters.ending,
    examples: [
      "train epochs=5", "train epochs=10 lr=1e-3 batch=64 as=A",
      "train epochs=20 policy=C lr=1e-5..1e-3 patience=3 as=C",
    ],
    seeAlso: ["finetune", "solve", "resume", "policy", "augment", "evaluate"], isRecorded: true,
    discussion: "Ctrl-C stops after the batch and keeps the weights; `resume` continues.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func prepare(in session: Session) throws -> PreparedRun {
    var policy = session.workbench.policy
    let rate = arguments[TrainingParameters.rate]
    if let variant = arguments[Self.policy] {
      policy.rates = Policy.variant(variant, rate: rate).rates
    }
    if let rate, rate.lowerBound < rate.upperBound, policy.variant != .discriminative {
      throw arguments.fault(
        .wrongType, at: TrainingParameters.rate,
        "policy \(policy.letter) has one rate, not a range",
        help: "a range works with C: train policy=C lr=1e-5..1e-3")
    }
    policy = policy.with(rate: rate)
    var ingredients = try session.ingredients(arguments)
    let usual = policy.variant == .uniform ? ConstantSchedule.name : OneCycleSchedule.name
    ingredients.phases = [
      TrainingPhase(
        policy,
        try TrainingArguments(arguments).settings(
          epochs: arguments[TrainingParameters.epochs], usual: Choice(usual), seed: session.seed,
          classWeights: session.classWeights))
    ]
    let name =
      arguments[TrainingParameters.name] ?? session.workbench.freeName(preferred: policy.letter)
    let model = try session.makeModel(classes: ingredients.data.classes, head: head)
    try TrainingArguments(arguments).chooseLoss(
      for: model, pipeline: ingredients.pipeline, in: session)
    if let source = arguments[Self.from] { try session.takeWeights(of: source, into: model) }
    return try PreparedRun(name: name, model: model, ingredients)
  }

  private var head: HeadSpec? {
    arguments[Self.head].flatMap(Heads.kind).map { HeadSpec($0) }
  }

  package func lineage(in session: Session) -> Lineage? {
    TrainingParameters.lineage(arguments, from: arguments[Self.from], in: session)
  }

  package static func currentValues(in session: Session) -> [String: String] {
    let workbench = session.workbench
    return [
      head.name: workbench.head.description, policy.name: workbench.policy.description,
      TrainingParameters.augment.name: workbench.pipeline.text,
    ]
  }
}
