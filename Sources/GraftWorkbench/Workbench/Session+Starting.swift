import Foundation
import GraftBase
import GraftModels

/// A training about to start.
package struct TrainingRequest {
  package let verb: String
  package let name: String
  package let model: Model
  package let plan: TrainingPlan

  /// The fixed views that a training has without being asked, where an epoch shows one again: the
  /// recorded line names them.
  fileprivate var usualViews: Int? {
    get throws {
      guard plan.views == nil, plan.phases.count == 1,
        let views = try plan.views(phase: 0, of: model), plan.phases[0].settings.epochs > views
      else { return nil }
      return views
    }
  }
}

/// A command that trains a new run; what it asks for can be told without doing it.
package protocol TrainingCommand: Command {
  /// Reads the session and changes nothing.
  func request(in session: Session) throws -> TrainingRequest
}

extension TrainingCommand {
  package func run(in session: Session) throws {
    let request = try request(in: session)
    session.amendRecord(TrainingParameters.name.name, request.name)
    if let views = try request.usualViews {
      session.amendRecord(TrainingParameters.views.name, String(views))
    }
    try session.start(request)
  }
}

extension Session {
  /// Trains from the start, or from where an interrupted replay of the same recipe left off.
  func start(_ request: TrainingRequest) throws {
    let (name, model, verb) = (request.name, request.model, request.verb)
    var plan = request.plan
    plan.startHash = model.weightsHash.hex
    guard !isInteractive, let (state, folder) = checkpoint(of: plan, model) else {
      return try train(name, model, plan: plan, verb: verb)
    }
    console.progress("\(name) goes on from step \(state.progress.step), where it was interrupted")
    try train(name, model, plan: plan, verb: verb, resuming: state)
    if workbench.run(named: name)?.isUnfinished == false {
      try? FileManager.default.removeItem(atPath: folder)
    }
  }
}

extension Model {
  /// Copies all weights of another model of the same encoder and head; the classes must agree.
  func takeWeights(of other: Model) throws {
    guard spec.name == other.spec.name else {
      throw GraftError(
        .failed, "the run has the encoder \(other.spec.name), not \(spec.name)",
        help: "choose the same encoder: encoder \(other.spec.name)")
    }
    let takesHead = headKind == other.headKind && classes == other.classes
    let headNames = Set(groups.last?.parameters.map(\.name) ?? [])
    for parameter in parameters where takesHead || !headNames.contains(parameter.name) {
      guard let source = other.parameter(parameter.name),
        source.torchShape == parameter.torchShape
      else {
        throw GraftError(.failed, "the run has no \(parameter.name) of \(parameter.torchShape)")
      }
      parameter.slice.copy(from: source.slice)
      parameter.markChanged()
    }
  }
}
