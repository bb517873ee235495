import GraftBase
import GraftData
import GraftImaging
import GraftModels

extension InputSpecification {
  /// The same in the words of the imaging room: pictures for a class each, or patches for a class of
  /// each pixel.
  package func preprocessing(for task: PredictionTask) -> Preprocessing {
    func three(_ values: [Float]) -> [Float] {
      values.count == 1 ? Array(repeating: values[0], count: 3) : values
    }
    return Preprocessing(
      inputSize: width, resizeShortSide: resizeShortSide,
      filter: ResizeFilter(rawValue: interpolation) ?? .bilinear, mean: three(mean),
      std: three(std), channels: channels, framing: task == .segmentation ? .patch : .resized)
  }
}

extension DataSet {
  /// Refuses data whose labels tell something else than a model does.
  package func require(_ task: PredictionTask) throws {
    guard self.task != task else { return }
    throw GraftError(
      .failed, "\(name) has \(self.task), but the head tells \(task)",
      help: self.task == .segmentation
        ? "choose a head for pixels: head unet, head fcn" : "choose another: head linear, head mlp")
  }
}
