/// What is predicted: what a head computes, and what data has labels for.
package enum PredictionTask: String, Sendable, Codable, CaseIterable {
  /// One class for an image: logits [N, classes].
  case classification
  /// One class for each pixel: logits [N, height, width, classes].
  case segmentation
}

extension PredictionTask: CustomStringConvertible {
  /// The prediction in words: `one class per image`.
  package var description: String {
    switch self {
    case .classification: "one class per image"
    case .segmentation: "one class per pixel"
    }
  }
}
