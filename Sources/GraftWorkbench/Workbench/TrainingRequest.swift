import GraftBase
import GraftModels
import GraftTraining

/// A training as its arguments ask for it, with the session's ingredients where they say nothing.
///
/// `train` and the commands that train in order to compare share it.
struct TrainingRequest {
  private let arguments: CheckedArguments
  /// Nil leaves the policy's.
  let rate: RateChoice?

  init(_ arguments: CheckedArguments, rate: RateChoice?) {
    self.arguments = arguments
    self.rate = rate
  }

  /// The policy with the variant and the rates that were asked for; `auto` leaves the usual rates.
  func policy(in session: Session) throws -> Policy {
    var policy = session.workbench.policy
    let rate = rate?.rates
    if let variant = arguments[TrainingParameters.policy] {
      policy.rates = Policy.variant(variant, rate: rate).rates
    }
    if let rate, rate.lowerBound < rate.upperBound, policy.variant != .discriminative {
      throw arguments.fault(
        .wrongType, at: TrainingParameters.rate,
        "policy \(policy.letter) has one rate, not a range",
        help: "a range works with C: train policy=C lr=1e-5..1e-3")
    }
    return policy.with(rate: rate)
  }

  /// The run with a new model; reads the session and changes nothing.
  func prepare(in session: Session, _ policy: Policy) throws -> PreparedRun {
    var ingredients = try session.ingredients(arguments)
    let usual = policy.variant == .uniform ? ConstantSchedule.name : OneCycleSchedule.name
    ingredients.phases = [
      TrainingPhase(
        policy,
        try TrainingArguments(arguments).settings(
          epochs: arguments.ifDeclared(TrainingParameters.epochs) ?? TrainingSettings().epochs,
          usual: Choice(usual), seed: session.seed, classWeights: session.classWeights))
    ]
    let name =
      arguments.ifDeclared(TrainingParameters.name).flatMap(\.self)
      ?? session.workbench.freeName(preferred: policy.letter)
    let model = try session.makeModel(classes: ingredients.data.classes, head: head)
    try TrainingArguments(arguments).chooseLoss(
      for: model, pipeline: ingredients.pipeline, in: session)
    if let source = arguments[TrainingParameters.from] {
      try session.takeWeights(of: source, into: model)
    }
    return try PreparedRun(name: name, model: model, ingredients)
  }

  private var head: HeadSpec? {
    arguments[TrainingParameters.head].flatMap(Heads.kind).map { HeadSpec($0) }
  }
}
