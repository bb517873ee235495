import GraftBase
import GraftTraining

extension TrainingRequest {
  /// Chooses what the arguments leave open so that the training takes so many seconds, and says what.
  ///
  /// Where the same training was interrupted it goes on with what was chosen before, because batches timed
  /// again would hardly give the same numbers, and so another training.
  func answer(to seconds: Double, _ policy: Policy, in session: Session) throws
    -> TimeBudget.Answer
  {
    let trial = try prepare(in: session, policy).startingHere()
    let earlier = session.budgetAnswer(to: trial.id)
    let answer =
      try earlier
      ?? TimeBudget.Answer(
        request: trial.id, choice: choice(within: seconds, policy, trial, in: session))
    session.console.progress(
      "budget: " + (earlier == nil ? "" : "goes on with what was chosen before: ")
        + answer.choice.text(within: seconds))
    return answer
  }

  /// Chooses by timed batches that change nothing.
  private func choice(
    within seconds: Double, _ policy: Policy, _ trial: PreparedRun, in session: Session
  ) throws -> TimeBudget.Choice {
    guard policy.variant != .gradual, let groups = trial.phases.first?.policy.groups else {
      throw GraftError(
        .usage, "budget= cannot choose the epochs of several phases",
        help: "give epochs=, or choose policy A, B or C")
    }
    let learning = groups.count(where: \.isTrainable)
    let isLimited = depth != nil || policy.variant == .headOnly || learning == 1
    let budget = TimeBudget(seconds: seconds, epochs: givenEpochs, views: givenViews)
    let pipeline = trial.ingredients.pipeline
    let cache = session.workbench.features
    func run(epochs: Int, depth: Int?, views: Int?) throws -> PreparedRun {
      var request = self
      request.answer = TimeBudget.Answer(
        request: trial.id,
        choice: TimeBudget.Choice(
          epochs: givenEpochs ?? epochs, depth: depth, views: views, forecast: 0))
      return try request.prepare(in: session, policy).startingHere()
    }
    return try budget.choice(
      depths: isLimited ? [depth] : [nil] + (1..<learning).reversed(),
      drawsViews: !pipeline.isEmpty && pipeline.mixing == nil,
      work: {
        try run(epochs: TimeBudget.enoughEpochs, depth: $0, views: givenViews).multiplyAdds(cache)
      },
      forecast: { depth, views in
        try session.interrupts.check()
        // Enough epochs for all views.
        return try run(epochs: TimeBudget.maxEpochs, depth: depth, views: views)
          .trainer(at: RunPlace(), pool: session.pool, cache: cache).forecast()
      })
  }
}
