import GraftBase
import GraftData
import GraftImaging
import GraftModels

extension InputSpecification {
  /// The same in the words of the imaging room.
  ///
  /// Images for a class each, or patches for a class of each pixel; gray or RGB: of more channels
  /// the first three are taken.
  package func preprocessing(for task: PredictionTask) -> Preprocessing {
    func three(_ values: [Float]) -> [Float] {
      values.count == 1 ? Array(repeating: values[0], count: 3) : Array(values.prefix(3))
    }
    return Preprocessing(
      inputSize: width, resizeShortSide: resizeShortSide,
      filter: ResizeFilter(rawValue: interpolation) ?? .bilinear, mean: three(mean),
      std: three(std), channels: channels == 1 ? 1 : 3,
      framing: task == .segmentation ? .patch : .resized)
  }
}

extension InputSpecification {
  /// Refuses to feed images to a model of other channels than they have.
  package func requireImages() throws {
    guard channels == 1 || channels == 3 else {
      throw GraftError(
        .usage, "a model of \(channels) channels takes no images, which have 1 or 3",
        help:
          "images are read in gray or color, their alpha left out: feed it with forward, export it, "
          + "or choose encoder … channels=1 or 3")
    }
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
