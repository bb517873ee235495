/// What is told of an image: what a head computes, what data has labels for.
package enum PredictionTask: String, Sendable, Codable, CaseIterable {
  /// One class for an image: logits [N, classes].
  case classification
  /// One class for each pixel: logits [N, height, width, classes].
  case segmentation
}

extension PredictionTask: CustomStringConvertible {
  /// What is told, for sentences: `one class for each image`.
  package var description: String {
    switch self {
    case .classification: "one class for each image"
    case .segmentation: "a class for each pixel"
    }
  }
}
