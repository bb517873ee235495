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
  /// What a budget of time has chosen, where there is one.
  var answer: TimeBudget.Answer?
  private var chosen: TimeBudget.Choice? { answer?.choice }

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
    if let views = chosen?.views { ingredients.views = views }
    ingredients.budgetAnswer = answer
    if chosen == nil {
      ingredients.budget = arguments.ifDeclared(TrainingParameters.budget).flatMap(\.self)
    }
    let settings = try TrainingArguments(arguments).settings(
      epochs: chosen?.epochs ?? arguments.ifDeclared(TrainingParameters.epochs)
        ?? TrainingSettings().epochs,
      usual: Choice(usual), seed: session.seed, classWeights: session.classWeights)
    let name =
      arguments.ifDeclared(TrainingParameters.name).flatMap(\.self)
      ?? session.workbench.freeName(preferred: policy.letter)
    let size = arguments.ifDeclared(TrainingParameters.size).flatMap(\.self)
    let model = try session.makeModel(
      classes: ingredients.data.classes, head: head, side: size?.upperBound)
    ingredients.phases = try TrainingPhase.phases(
      of: policy.limited(to: chosen?.depth ?? depth, for: model), for: model, settings
    ).growing(to: size)
    try TrainingArguments(arguments).chooseLoss(
      for: model, pipeline: ingredients.pipeline, in: session)
    if let source = arguments[TrainingParameters.from] {
      try session.takeWeights(of: source, into: model)
    }
    return try PreparedRun(name: name, model: model, ingredients)
  }

  var depth: Int? { arguments.ifDeclared(TrainingParameters.depth).flatMap(\.self) }
  var givenViews: Int? { arguments[TrainingParameters.views] }
  /// Nil where they are the usual ones.
  var givenEpochs: Int? {
    arguments.isGiven(TrainingParameters.epochs) ? arguments[TrainingParameters.epochs] : nil
  }

  private var head: HeadSpec? {
    arguments[TrainingParameters.head].flatMap(Heads.kind).map { HeadSpec($0) }
  }
}
