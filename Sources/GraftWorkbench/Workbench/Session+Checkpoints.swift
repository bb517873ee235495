import Foundation
import GraftBase
import GraftModels
import GraftTraining

// A recipe that was interrupted leaves a checkpoint under a name that only the same training can
// have: everything in the run's identity, the starting weights included, policies and settings.
// Running the recipe again finds it and continues.
extension Session {
  /// Saves where an interrupted run stands; returns the place for people.
  func saveCheckpoint(of run: TrainingRun) throws -> String {
    guard let folder = run.prepared.flatMap(checkpointFolder), let state = run.state else {
      return "the beginning"
    }
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try CheckpointFolder(folder).save(state)
    return "step \(state.progress.step)"
  }

  /// The state that an earlier, interrupted replay left of this training.
  func checkpoint(of run: PreparedRun) -> (state: RunState, folder: String)? {
    guard let folder = checkpointFolder(of: run), FilePath.isFolder(folder) == true else {
      return nil
    }
    do {
      guard let loaded = try CheckpointFolder(folder).load() else { return nil }
      if let warning = loaded.warning { console.warn(warning) }
      return (loaded.state, folder)
    } catch {
      console.warn("an interrupted run cannot be continued, it starts again: \(error)")
      return nil
    }
  }

  /// The folder that belongs to the training alone; nil when there is no place for state.
  private func checkpointFolder(of run: PreparedRun) -> String? {
    guard let stateFolder else { return nil }
    var hash = ContentHash()
    for (key, value) in run.identity.sorted(by: { $0.key < $1.key }) {
      hash.update("\(key)=\(value)\n")
    }
    for phase in run.ingredients.phases {
      hash.update("\(phase.policy) \(phase.settings.spelledAsBefore)\n")
    }
    return "\(stateFolder)/checkpoints/\(hash.finish().hex.prefix(16))"
  }
}

extension TrainingSettings {
  /// With the optimizers' former spellings, under which the folders of older checkpoints lie.
  fileprivate var spelledAsBefore: TrainingSettings {
    guard optimizer.name == NesterovRule.name else { return self }
    var result = self
    result.optimizer = Choice(
      StochasticGradientRule.name,
      optimizer.values.merging([StochasticGradientRule.nesterov.name: 1]) { $1 })
    return result
  }
}
