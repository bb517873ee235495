import GraftBase
import GraftModels
import GraftTraining

/// A trained model by its name, with what it was made from and its scores.
package final class TrainingRun {
  package let name: String
  package let model: Model
  /// What it was trained as; nil for a model from a file.
  package let prepared: PreparedRun?
  /// Its state, for `resume`; of a model from a file, one that was saved in the middle of its training.
  package var state: RunState?
  package var result: TrainingResult?
  /// The epochs of all its phases.
  package var history: [EpochRecord] = []
  /// What its training cost; nil where that is not known.
  package var cost: TrainingCost?
  /// The recipe a loaded model came with.
  package let recipe: String?
  package var isSaved = false
  /// What it is on disk, of a run that was loaded from there.
  package var stored: StoredRun?

  package init(name: String, model: Model, recipe: String? = nil, state: RunState? = nil) {
    self.name = name
    self.model = model
    self.recipe = recipe
    self.state = state
    prepared = nil
  }

  package init(_ prepared: PreparedRun) {
    self.prepared = prepared
    name = prepared.name
    model = prepared.model
    recipe = nil
  }

  /// The same run under another name.
  init(_ other: TrainingRun, called name: String) {
    self.name = name
    model = other.model
    prepared = other.prepared
    state = other.state
    result = other.result
    history = other.history
    cost = other.cost
    recipe = other.recipe
    isSaved = other.isSaved
    stored = other.stored
  }

  package var preprocessing: ImageInput { model.input }

  /// Whether updates are left to do.
  package var isUnfinished: Bool {
    // A training that failed left a state and no result.
    guard let result else { return state != nil }
    return result.ending == .stopped || result.ending == .aborted
  }

  /// Whether only the last validation is left to do: then replaying its line makes the same weights.
  package var hasAllUpdates: Bool { stepsDone == prepared?.totalSteps }

  /// Updates in the weights, over all phases.
  package var stepsDone: Int { state?.stepsDone ?? 0 }
}
