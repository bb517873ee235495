import GraftBase
import GraftModels
import GraftTraining

/// A trained model by its name, with what it was made from and its scores.
package final class TrainingRun {
  package let name: String
  package let model: Model
  /// What it was trained as; nil for a model from a file.
  package let prepared: PreparedRun?
  /// Its state, for `resume`.
  package var state: RunState?
  package var result: TrainingResult?
  /// The recipe a loaded model came with.
  package let recipe: String?
  package var isSaved = false

  package init(name: String, model: Model, recipe: String? = nil) {
    self.name = name
    self.model = model
    self.recipe = recipe
    prepared = nil
  }

  package init(_ prepared: PreparedRun) {
    self.prepared = prepared
    name = prepared.name
    model = prepared.model
    recipe = nil
  }

  package var preprocessing: ImageInput { model.input }

  /// Whether updates are left to do.
  package var isUnfinished: Bool {
    // A training that failed left a state and no result.
    guard let result else { return state != nil }
    return result.ending == .stopped || result.ending == .aborted
  }

  /// Updates in the weights, over all phases.
  package var stepsDone: Int { state.map { $0.place.stepsBefore + $0.progress.step } ?? 0 }
}
