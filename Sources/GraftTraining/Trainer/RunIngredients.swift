import GraftBase
import GraftData
import GraftImaging

/// What a run is made from besides its model: enough to start or continue it.
package struct RunIngredients {
  package var data: DataSet
  package var balance: ClassBalance
  package var pipeline: Pipeline
  package var batchSize: Int
  package var seed: UInt64
  /// Augmented views of each image that epochs take in turn, 0 to draw anew in each; nil is the usual.
  package var views: Int?
  /// In order; all but `finetune` have one.
  package var phases: [TrainingPhase]
  /// How the head is solved for, where it is not trained: then there is one phase of one epoch.
  package var solving: HeadSolving?
  /// The update to end at, counted over all phases, as after Ctrl-C.
  package var stop: Int?
  /// SHA-256 of the weights that the training starts from, head included.
  package var startHash = ""
  /// The seconds that it may take, where epochs, depth and views are chosen by them as it starts.
  package var budget: Double?
  /// What they were chosen to be, once that is done.
  package var budgetAnswer: TimeBudget.Answer?
  /// What was changed on the way, such as `7 epochs from step 35`: such a run is not one that was
  /// planned so from the start.
  package var changes: [String] = []

  package init(
    data: DataSet, balance: ClassBalance = .none, pipeline: Pipeline = .none, batchSize: Int = 32,
    seed: UInt64 = 0, views: Int? = nil, phases: [TrainingPhase] = [], stop: Int? = nil
  ) {
    self.data = data
    self.balance = balance
    self.pipeline = pipeline
    self.batchSize = batchSize
    self.seed = seed
    self.views = views
    self.phases = phases
    self.stop = stop
  }
}

extension RunIngredients {
  /// How the weights are found, in a word or a few: the policies of the phases, or `solve l2=auto folds=5`.
  package var methodText: String {
    solving.map { "\($0)" } ?? phases.map { "\($0.policy)" }.joined(separator: ", ")
  }
}
