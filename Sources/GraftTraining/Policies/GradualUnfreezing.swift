import GraftBase
import GraftModels

extension TrainingPhase {
  /// The phases of a training: one, or those of gradual unfreezing.
  package static func phases(
    of policy: Policy, for model: Model, _ settings: TrainingSettings
  ) throws -> [TrainingPhase] {
    guard case .gradual(let factor, let highest, let every) = policy.rates else {
      return [TrainingPhase(policy, settings)]
    }
    let learning = try policy.resolved(for: model).groups.filter(\.isTrainable).map(\.name)
    let count = max(1, min(learning.count, (settings.epochs - 1) / every + 1))
    return (0..<count).map { index in
      var own = settings
      own.epochs = index < count - 1 ? every : settings.epochs - every * (count - 1)
      own.warmupEpochs *= Double(own.epochs) / Double(settings.epochs)
      let shown = ((index + 1) * learning.count + count - 1) / count
      return TrainingPhase(
        policy.gradually(learning.dropLast(shown), factor, index == 0 ? highest : highest / 2),
        own)
    }
  }
}

extension Policy {
  /// The same with all but the highest groups frozen that it trains; nil limits nothing.
  package func limited(to depth: Int?, for model: Model) throws -> Policy {
    guard let depth else { return self }
    let learning = try resolved(for: model).groups.filter(\.isTrainable).map(\.name)
    guard depth <= learning.count else {
      throw GraftError(
        .usage,
        "depth=\(depth) is more than policy \(letter) trains: "
          + "\(learning.count) \(learning.count == 1 ? "group" : "groups")",
        help: "`policy` lists them")
    }
    var result = self
    result.overrides += learning.dropLast(depth).map(Override.freeze)
    return result
  }

  /// The usual factor of gradual unfreezing, 1/2.6 (Howard and Ruder, 2018).
  package static let gradualFactor = 0.385

  /// One phase of gradual unfreezing: what is not yet to learn is frozen.
  fileprivate func gradually(
    _ frozen: some Sequence<String>, _ factor: Double, _ highest: Double
  ) -> Policy {
    var result = self
    result.rates = .decaying(factor: factor, highest: highest)
    result.overrides += frozen.map(Override.freeze)
    return result
  }
}
