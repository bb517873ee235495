import GraftBase
import GraftData
import GraftEngine
import GraftImaging
import GraftModels
import GraftTraining

/// A trained model by its name, with what it was made from and how it did.
package final class TrainingRun {
  package let name: String
  package let model: Model
  /// What it was trained on; nil for a model from a file.
  package let plan: TrainingPlan?
  /// Where it stands, for `resume`.
  package var state: RunState?
  package var result: TrainingResult?
  /// The recipe a loaded model came with.
  package let recipe: String?
  package var isSaved = false

  package init(name: String, model: Model, plan: TrainingPlan? = nil, recipe: String? = nil) {
    self.name = name
    self.model = model
    self.plan = plan
    self.recipe = recipe
  }

  package var preprocessing: ImageInput { model.input }

  /// Whether updates are left to do.
  package var isUnfinished: Bool {
    // A training that failed left a state and no result.
    guard let result else { return state != nil }
    return result.ending == .stopped || result.ending == .aborted
  }
}

/// Everything a run is made from: enough to start it, and to go on with it.
package struct TrainingPlan {
  package var data: DataSet
  package var balance: ClassBalance
  package var pipeline: Pipeline
  package var batchSize: Int
  package var seed: UInt64
  /// Augmented views of each image that epochs take in turn, 0 to draw anew in each; nil is the usual.
  package var views: Int?
  /// Phases in order; all but `finetune` have one.
  package var phases: [TrainingPhase]
  /// The update to end at, counted over all phases, as after Ctrl-C.
  package var stop: Int?
  /// SHA-256 of the weights the training starts from, head included.
  package var startHash = ""

  /// The fixed views that a phase draws; nil draws anew in each epoch.
  package func views(phase: Int, of model: Model) throws -> Int? {
    if let views { return views > 0 ? views : nil }
    return try Self.usualViews(pipeline, phases[phase].policy, of: model)
  }

  /// The views that are drawn unless asked otherwise.
  ///
  /// Images that go through a constant encoder have four: their features can be kept, and training
  /// on them takes no time. Without operations there is one.
  static func usualViews(_ pipeline: Pipeline, _ policy: Policy, of model: Model) throws -> Int? {
    // Patches are drawn anew, and masks go with them.
    guard model.task == .classification else { return nil }
    guard !pipeline.isEmpty else { return 1 }
    guard pipeline.mixing == nil else { return nil }
    let policy = try policy.resolved(for: model)
    return try FrozenPrefix(model, policy.configuration)?.pays ?? false ? 4 : nil
  }

  /// What a checkpoint must agree with.
  package func identity(of model: Model) -> [String: String] {
    var identity = [
      "data": data.fingerprint.hex, "split": data.splitHash.hex, "balance": balance.rawValue,
      "encoder": model.spec.name, "input": model.input.recordedText, "starting weights": startHash,
      "augmentation": pipeline.description, "batch size": String(batchSize),
      "seed": String(seed), "head": model.headKind.description,
      "views": views.map { String($0) } ?? "usual",
    ]
    if model.lossText != "softmax cross-entropy " { identity["loss"] = model.lossText }
    if model.precision != .fp32 { identity["precision"] = model.precision.rawValue }
    return identity
  }
}
