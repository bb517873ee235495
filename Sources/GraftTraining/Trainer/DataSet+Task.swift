import GraftBase
import GraftData

extension DataSet {
  /// Refuses data whose labels say something else than a model predicts.
  package func require(_ task: PredictionTask) throws {
    guard self.task != task else { return }
    throw GraftError(
      .failed, "\(name) has \(self.task), but the head tells \(task)",
      help: self.task == .segmentation
        ? "choose a head for pixels: head unet, head fcn" : "choose another: head linear, head mlp")
  }
}
