import GraftBase
import GraftTraining

/// `resume`: continues a run as if it had never stopped.
package struct ResumeCommand: Command {
  private static let run = Argument(
    "run", .name(.run), otherwise: "the current run", "the run to continue"
  ).positional
  static let epochs = Argument(
    "epochs", .increment(1...100_000), otherwise: "as planned",
    "+N for N more, or the new total")

  package static let specification = CommandSpecification(
    "resume", "continue a stopped run, with the same result as without the stop", group: .train,
    parameters: [run, epochs, TrainingParameters.stop],
    examples: ["resume", "resume C", "resume A epochs=+5"],
    seeAlso: ["train", "runs"], isRecorded: true)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func run(in session: Session) throws {
    let run = try session.requireRun(arguments[Self.run])
    guard let prepared = run.prepared, let state = run.state else {
      throw GraftError(
        .failed, "\(run.name) came from a file, which has no training state",
        help: "train from its weights: encoder FILE ; train")
    }
    var ingredients = prepared.ingredients
    let last = state.place.phase
    ingredients.stop = arguments[TrainingParameters.stop]
    if let epochs = arguments[Self.epochs] {
      switch epochs {
      case .more(let more): ingredients.phases[last].settings.epochs += more
      case .total(let total): ingredients.phases[last].settings.epochs = total
      }
      let begun = state.progress.epoch + (state.progress.batch > 0 ? 1 : 0)
      guard ingredients.phases[last].settings.epochs >= begun else {
        throw GraftError(
          .failed,
          "\(run.name) has begun \(begun) epochs, more than "
            + "\(ingredients.phases[last].settings.epochs)", help: "ask for more: epochs=+5")
      }
    } else if !run.isUnfinished {
      throw GraftError(
        .failed, "\(run.name) is finished: \(state.progress.epoch) epochs",
        help: "add epochs: resume \(run.name) epochs=+5")
    }
    if !arguments.isGiven(Self.run) { session.amendRecord(nil, run.name) }
    try session.train(
      prepared.prepared(with: ingredients), verb: "resume", resuming: state)
  }

  package func lineage(in session: Session) -> Lineage? {
    let run = arguments[Self.run] ?? session.currentRun
    let things = run.map { ["run:\($0)"] } ?? []
    return Lineage(provides: things + ["current"], needs: things + ["encoder", "data", "seed"])
  }

  package static func currentValues(in session: Session) -> [String: String] {
    session.currentRun.map { [run.name: $0] } ?? [:]
  }
}
