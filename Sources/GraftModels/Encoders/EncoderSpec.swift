import GraftEngine

/// A network that turns pictures into features; records itself into a graph.
package protocol Encoder {
  /// Records the encoder from pictures [N, H, W, 3] to its last feature map [N, h, w, C].
  func callAsFunction(_ image: Value) throws -> Value
}

/// All that is known of an encoder before it is built: one line in `Encoders.all`.
package struct EncoderSpec: Sendable {
  /// A part of the encoder that policies freeze or give a learning rate as one.
  package struct Stage: Sendable, Hashable {
    package let name: String
    /// Paths of layers; a stage owns each and everything below.
    package let prefixes: [String]

    package init(_ name: String, _ prefixes: String...) { self.init(name, prefixes) }

    package init(_ name: String, _ prefixes: [String]) {
      self.name = name
      self.prefixes = prefixes
    }
  }

  /// What tells this encoder's weight files from others': a count and the shapes of a few tensors.
  package struct Fingerprint: Sendable {
    /// Tensors outside the classifier, without `num_batches_tracked`.
    package let tensorCount: Int
    package let shapes: [String: [Int]]
  }

  /// The name in recipes: `resnet18`.
  package let name: String
  package let family: String
  /// One line for lists, with author and year.
  package let summary: String
  /// Parameters with the encoder's own classifier.
  package let parameterCount: Int
  /// From the picture to the last feature map.
  package let stages: [Stage]
  /// Channels of the last feature map.
  package let featureWidth: Int
  package let input: InputSpecification
  /// Names of the own classifier's layers; only keys below them may be dropped for a new head.
  package let classifierPrefix: [String]
  /// Where a linear head goes, so that its file loads in torchvision as `num_classes=N` when it can.
  package let linearHeadPath: String
  /// Outputs of the published weights' classifier.
  package let ownClassCount: Int
  package let fingerprint: Fingerprint
  package let makeEncoder: @Sendable (Scope) -> any Encoder
  package let makeOwnHead: @Sendable (_ scope: Scope, _ classCount: Int) -> any Head
}

extension EncoderSpec: CustomStringConvertible {
  package var description: String {
    "\(name): \(summary), \(parameterCount) parameters, \(input.width)×\(input.height) px, "
      + "\(featureWidth) features"
  }
}
