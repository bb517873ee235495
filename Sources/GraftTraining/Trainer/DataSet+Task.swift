import GraftBase
import GraftData

extension DataSet {
  /// Refuses data whose labels do not fit what a model predicts.
  package func require(_ task: PredictionTask) throws {
    guard self.task != task else { return }
    throw GraftError(
      .failed, "\(name) has \(self.task), but the head predicts \(task)",
      help: "choose another head; `help heads` lists them")
  }
}
