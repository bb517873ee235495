import GraftBase
import GraftEngine

/// The encoder's own classifier, kept with its weights.
package enum OwnHead: HeadKind {
  package static let name = "own"
  package static let summary = "the classifier that the weights came with"
  package static let isOwn = true
  package static let examples = [HeadSpec.own]

  package static func task(on spec: EncoderSpec) -> PredictionTask { spec.ownTask }

  package static func makeHead(
    _ values: ArgumentValues, in context: HeadContext
  ) throws -> any Head {
    let spec = context.spec
    guard spec.ownClassCount > 0 else {
      throw GraftError(
        .usage, "\(spec.name) is cut before its own classifier", help: "use 'head linear'")
    }
    guard context.classCount == spec.ownClassCount else {
      throw GraftError(
        .usage,
        "the own head of \(spec.name) has \(spec.ownClassCount) classes, not "
          + "\(context.classCount)",
        help: "use 'head linear'")
    }
    return spec.makeOwnHead(context.scope, context.classCount)
  }
}

extension HeadSpec {
  package static let own = HeadSpec(OwnHead.self)
}
