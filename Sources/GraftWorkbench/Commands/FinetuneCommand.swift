import GraftBase
import GraftTraining

/// `finetune`: first the head, then everything, in two phases.
package struct FinetuneCommand: TrainingCommand {
  private static let freeze = Argument(
    "freeze", .integer(0...10_000), default: 1, "epochs that train only the head")
  private static let rate = Argument(
    "lr", .number(1e-12...10), default: Policy.Variant.headOnly.usualRate.upperBound,
    "peak learning rate of the head's phase")

  package static let specification = CommandSpecification(
    "finetune", "train the head first, then everything", group: .train,
    parameters: [TrainingParameters.epochs, freeze, rate] + TrainingParameters.loop
      + TrainingParameters.ending,
    examples: [
      "finetune", "finetune epochs=3 as=F", "finetune epochs=10 freeze=2 lr=1e-3 batch=16",
    ],
    seeAlso: ["train", "policy", "resume"], isRecorded: true)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func prepare(in session: Session) throws -> PreparedRun {
    let reader = TrainingArguments(arguments)
    var ingredients = try session.ingredients(arguments)
    ingredients.phases = TrainingPhase.headThenEverything(
      epochs: arguments[TrainingParameters.epochs], headEpochs: arguments[Self.freeze],
      rate: arguments[Self.rate], settings: TrainingSettings()
    ).filter { $0.settings.epochs > 0 }
    for index in ingredients.phases.indices {
      let usual = ingredients.phases[index].settings
      ingredients.phases[index].settings = try reader.settings(
        epochs: usual.epochs, usual: usual.schedule, seed: session.seed,
        classWeights: session.classWeights)
    }
    // All of the encoder is frozen before; what the user froze or unfroze counts from here.
    let last = ingredients.phases.count - 1
    ingredients.phases[last].policy.batchNormRequests = session.workbench.policy.batchNormRequests
    ingredients.phases[last].policy.overrides = session.workbench.policy.overrides
    let name = arguments[TrainingParameters.name] ?? session.workbench.freeName(preferred: "F")
    let size = arguments[TrainingParameters.size]
    ingredients.phases = ingredients.phases.growing(to: size)
    let model = try session.makeModel(
      classes: ingredients.data.classes, side: size?.upperBound)
    try reader.chooseLoss(for: model, pipeline: ingredients.pipeline, in: session)
    return try PreparedRun(name: name, model: model, ingredients)
  }

  package func lineage(in session: Session) -> Lineage? {
    TrainingParameters.lineage(arguments, in: session)
  }

  package static func currentValues(in session: Session) -> [String: String] {
    [TrainingParameters.augment.name: session.workbench.pipeline.text]
  }
}
