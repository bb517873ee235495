import GraftBase
import GraftModels
import GraftTraining

/// `train`: trains the model as the policy says.
package struct TrainCommand: TrainingCommand {
  package static let specification = CommandSpecification(
    "train", "train the model by the policy", group: .train,
    parameters: [TrainingParameters.epochs, TrainingParameters.budget, TrainingParameters.rate]
      + TrainingParameters.loop
      + [
        TrainingParameters.depth, TrainingParameters.head, TrainingParameters.policy,
        TrainingParameters.from,
      ]
      + TrainingParameters.ending,
    examples: [
      "train epochs=5", "train epochs=10 lr=1e-3 batch=64 as=A",
      "train epochs=20 policy=C lr=1e-5..1e-3 patience=3 as=C", "train policy=B lr=auto",
      "train policy=B schedule=plateau(factor=0.5, patience=1) keep=best",
      "train policy=B batch=8 accumulate=4 ema=yes", "train policy=B budget=5s",
      "train policy=C depth=2 size=24..32",
    ],
    seeAlso: ["findlr", "finetune", "solve", "resume", "policy", "augment", "evaluate"],
    isRecorded: true,
    discussion: """
      Ctrl-C stops after the update and keeps the weights; `resume` continues. Steps, schedules, stop= and
      checkpoints count updates: with accumulate=4 one is of four batches, or of what is left of them at the end
      of an epoch. keep=best and ema= choose the weights of a run that came to its end; a stopped one has those
      in training.

      budget=10m chooses by timed batches: all layer groups learn if at least 3 epochs fit into the time, else
      fewer, from the head down; images whose features are kept get up to 16 views; epochs fill the time, up to
      100. What was chosen is recorded instead of the time, so that a replay gives the same weights. size=128..224
      lets the training images grow from epoch to epoch; the last quarter has the full size, and validation
      always.
      """)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func prepare(in session: Session) throws -> PreparedRun {
    var request = TrainingRequest(arguments, rate: arguments[TrainingParameters.rate])
    var policy = try request.policy(in: session)
    if request.rate == .auto, session.trial == nil {
      let trial = try request.prepare(in: session, policy)
      let rate = try session.findRate(of: trial, RateSearch()).suggestion(for: trial)
      policy = policy.with(peak: rate)
      session.console.progress("\(trial.name): lr=auto is \(policy.rateText)")
    }
    // A rehearsal that times its trainings chooses as the run will.
    if let seconds = arguments[TrainingParameters.budget], session.trial?.takesWeights ?? true {
      request.answer = try request.answer(to: seconds, policy, in: session)
    }
    return try request.prepare(in: session, policy)
  }

  package func amendRecord(of run: PreparedRun, in session: Session) {
    guard let phase = run.phases.first else { return }
    if arguments[TrainingParameters.rate] == .auto {
      session.amendRecord(TrainingParameters.rate.name, phase.policy.policy.rateText)
    }
    guard arguments.isGiven(TrainingParameters.budget) else { return }
    session.amendRecord(TrainingParameters.budget.name, nil)
    session.amendRecord(TrainingParameters.epochs.name, "\(phase.settings.epochs)")
    let learning = phase.policy.groups.count(where: \.isTrainable)
    if phase.policy.policy.variant != .headOnly {
      session.amendRecord(TrainingParameters.depth.name, "\(learning)")
    }
    if let views = run.ingredients.views {
      session.amendRecord(TrainingParameters.views.name, "\(views)")
    }
  }

  package func lineage(in session: Session) -> Lineage? {
    TrainingParameters.lineage(arguments, from: arguments[TrainingParameters.from], in: session)
  }

  package static func currentValues(in session: Session) -> [String: String] {
    let workbench = session.workbench
    return [
      TrainingParameters.head.name: workbench.head.description,
      TrainingParameters.policy.name: workbench.policy.description,
      TrainingParameters.augment.name: workbench.pipeline.text,
    ]
  }
}
