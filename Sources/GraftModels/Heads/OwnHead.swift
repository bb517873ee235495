import GraftBase
import GraftEngine

/// The encoder's own classifier: kept with its weights, or its layers drawn anew for other classes.
///
/// With new classes a file loads where the published one does, as `num_classes=N`: SqueezeNet's stays a
/// convolution.
package enum OwnHead: HeadKind {
  /// Whose classes it predicts.
  enum Classes: String, WordChoice {
    /// Those of the file, whose classifier is kept.
    case file
    /// Those of the images; the classifier is new.
    case data
  }

  static let classes = Argument(
    "classes", .word, default: Classes.file,
    "file: the classifier of the weights; data: the same layers, new, for the classes of the images"
  )

  package static let name = "own"
  package static let summary = "the classifier that the weights came with, or a new one of its kind"
  package static let arguments: [any AnyArgument] = [classes]
  package static let isOwn = true
  package static let examples = [HeadSpec.own, .newOwn]

  package static func task(on spec: EncoderSpec) -> PredictionTask { spec.ownTask }

  package static func makeHead(
    _ values: ArgumentValues, in context: HeadContext
  ) throws -> any Head {
    let spec = context.spec
    guard spec.ownClassCount > 0 else {
      throw GraftError(
        .usage, "\(spec.name) is cut before its own classifier", help: "use 'head linear'")
    }
    guard values[classes] == .file else {
      try context.requireClasses(for: spec.ownTask)
      return spec.makeOwnHead(context.scope, context.classCount)
    }
    guard context.classCount == spec.ownClassCount else {
      throw GraftError(
        .usage,
        "the own head of \(spec.name) has \(spec.ownClassCount) classes, not "
          + "\(context.classCount)",
        help: "use 'head linear', or 'head own classes=data' for the same layers with new weights")
    }
    return spec.makeOwnHead(context.scope, context.classCount)
  }
}

extension HeadSpec {
  package static let own = HeadSpec(OwnHead.self)
  /// The own classifier's layers for the classes of the images.
  package static let newOwn = HeadSpec(OwnHead.self) {
    $0.set(.text(OwnHead.Classes.data.rawValue), for: OwnHead.classes)
  }
}
