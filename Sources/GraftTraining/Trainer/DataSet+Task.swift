import GraftBase
import GraftData

extension DataSet {
  /// Refuses data whose labels do not fit what a model predicts.
  package func require(_ task: PredictionTask) throws {
    guard self.task != task else { return }
    throw GraftError(
      .failed, "\(name) has \(self.task), but the head predicts \(task)",
      help: self.task.isOfImages && task.isOfImages
        ? "measure it on images labeled so, or train another on these: train epochs=5"
        : "choose another head; `help heads` lists them")
  }
}
