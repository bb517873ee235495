import GraftBase
import GraftEngine

/// A network that turns images into features; records itself into a graph.
package protocol Encoder {
  /// Records the encoder from images [N, H, W, C] to its last feature map [N, h, w, F], or to a
  /// vector [N, F] where fully connected layers belong to the encoder.
  func callAsFunction(_ image: Value) throws -> Value
}

/// The declaration of an encoder, before it is built: one line in `Encoders.all`.
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

  /// The name in recipes: `resnet18`.
  package let name: String
  package let family: String
  /// One line for lists, with author and year.
  package let summary: String
  /// Parameters with the encoder's own classifier.
  package internal(set) var parameterCount: Int
  /// From the image to the last feature map.
  package let stages: [Stage]
  /// Channels of the last feature map.
  package let featureWidth: Int
  package let input: ImageInput
  /// Names of the encoder's own classifier layers; only keys below them may be dropped for a new
  /// head.
  package let classifierPrefix: [String]
  /// Where a linear head goes, so that its file loads in torchvision as `num_classes=N` when it
  /// can.
  package let linearHeadPath: String
  /// Outputs of the published weights' classifier.
  package internal(set) var ownClassCount: Int
  /// Makes the layers for images with this number of channels.
  package let makeEncoder: @Sendable (_ scope: Scope, _ channels: Int) -> any Encoder
  package let makeOwnHead: @Sendable (_ scope: Scope, _ classCount: Int) -> any Head
  /// What the encoder's own head predicts.
  package var ownTask = PredictionTask.classification
  /// Classifiers that may help training; none of them is kept unless asked for.
  package var auxiliary: [AuxiliaryClassifier] = []
  /// Their parameters with `ownClassCount` classes.
  package var auxiliaryParameterCount = 0
  package internal(set) var keepsAuxiliary = false
}

extension EncoderSpec {
  /// The name without the formula in brackets.
  package var shortName: String { String(name.prefix { $0 != "(" }) }

  /// This encoder with so many classes of its own classifier, as a file has them.
  package func withOwnClasses(_ count: Int) -> EncoderSpec {
    guard ownClassCount > 0, count != ownClassCount else { return self }
    func size(_ classes: Int) -> Int {
      let state = ModelState()
      _ = makeOwnHead(Scope(state), classes)
      return state.parameters.reduce(0) { $0 + $1.count }
    }
    var result = self
    result.parameterCount += size(count) - size(ownClassCount)
    result.ownClassCount = count
    return result
  }

  /// Whether it pads as TensorFlow does, which no name or shape of a parameter shows.
  package var isOfTensorFlow: Bool {
    name.hasPrefix("tf_") || name.contains(Self.samePaddingMark)
  }

  /// The shapes of the encoder's parameters in torch's layout, running statistics included, as
  /// files have them; no memory is taken for their values.
  package var parameterShapes: [String: Shape] {
    let state = ModelState()
    _ = makeEncoder(Scope(state), input.channels)
    return Dictionary(
      state.parameters.map { ($0.name, $0.torchShape) }, uniquingKeysWith: { first, _ in first })
  }
}

extension EncoderSpec: CustomStringConvertible {
  package var description: String {
    "\(name): \(summary), \(parameterCount) parameters, \(input.side)×\(input.side) px, "
      + "\(featureWidth) features"
  }
}
