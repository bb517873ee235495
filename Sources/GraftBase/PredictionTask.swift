/// What is predicted: what a head computes, and what data has labels for.
package enum PredictionTask: String, Sendable, Codable, CaseIterable {
  /// One class for an image: logits [N, classes].
  case classification
  /// Any number of labels for an image, each by itself: logits [N, classes].
  case multiLabel
  /// One class for each pixel: logits [N, height, width, classes].
  case segmentation

  /// Whether the prediction is about an image as a whole.
  package var isOfImages: Bool { self != .segmentation }
}

extension PredictionTask: CustomStringConvertible {
  /// The prediction in words: `one class per image`.
  package var description: String {
    switch self {
    case .classification: "one class per image"
    case .multiLabel: "any number of labels per image"
    case .segmentation: "one class per pixel"
    }
  }
}
