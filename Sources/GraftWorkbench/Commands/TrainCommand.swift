import GraftBase
import GraftModels
import GraftTraining

/// `train`: trains the model as the policy says.
package struct TrainCommand: TrainingCommand {
  package static let specification = CommandSpecification(
    "train", "train the model by the policy", group: .train,
    parameters: [TrainingParameters.epochs, TrainingParameters.rate] + TrainingParameters.loop
      + [TrainingParameters.head, TrainingParameters.policy, TrainingParameters.from]
      + TrainingParameters.ending,
    examples: [
      "train epochs=5", "train epochs=10 lr=1e-3 batch=64 as=A",
      "train epochs=20 policy=C lr=1e-5..1e-3 patience=3 as=C", "train policy=B lr=auto",
      "train policy=B schedule=plateau(factor=0.5, patience=1) keep=best",
      "train policy=B batch=8 accumulate=4 ema=yes",
    ],
    seeAlso: ["findlr", "finetune", "solve", "resume", "policy", "augment", "evaluate"],
    isRecorded: true,
    discussion: """
      Ctrl-C stops after the update and keeps the weights; `resume` continues. Steps, schedules, stop= and
      checkpoints count updates: with accumulate=4 one is of four batches, or of what is left of them at the end
      of an epoch. keep=best and ema= choose the weights of a run that came to its end; a stopped one has those
      in training.
      """)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func prepare(in session: Session) throws -> PreparedRun {
    let request = TrainingRequest(arguments, rate: arguments[TrainingParameters.rate])
    var policy = try request.policy(in: session)
    if request.rate == .auto, session.trial == nil {
      let trial = try request.prepare(in: session, policy)
      let rate = try session.findRate(of: trial, RateSearch()).suggestion(for: trial)
      policy = policy.with(peak: rate)
      session.console.progress("\(trial.name): lr=auto is \(policy.rateText)")
    }
    return try request.prepare(in: session, policy)
  }

  package func amendRecord(of run: PreparedRun, in session: Session) {
    guard arguments[TrainingParameters.rate] == .auto, let phase = run.phases.first else { return }
    session.amendRecord(TrainingParameters.rate.name, phase.policy.policy.rateText)
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
