import GraftBase
import GraftEngine

/// One fully connected layer on pooled features.
///
/// It takes the place and names of the encoder's own classifier (`fc.weight`, `classifier.1.weight`), so
/// the file loads in torchvision with `num_classes=N`. SqueezeNet's classifier is a convolution with a
/// ReLU after it, which a new head should not have: there it is `head.weight`.
package enum LinearHead: HeadKind {
  package static let name = "linear"
  package static let summary = "a new classifier: one fully connected layer"
  package static let arguments: [any AnyArgument] = [PooledHead.dropout, PooledHead.pool]
  package static let examples = [HeadSpec.linear(), .linear(pool: .both)]

  package static func task(on spec: EncoderSpec) -> PredictionTask { .classification }

  package static func makeHead(
    _ values: ArgumentValues, in context: HeadContext
  ) throws -> any Head {
    try context.requireClasses(for: .classification)
    let pool = values[PooledHead.pool]
    return PooledHead(
      context.scope, pool: pool,
      dropout: try PooledHead.dropoutLayer(context.headScope["dropout"], values),
      linear: Linear(
        context.classifierScope, from: pool.width(of: context.spec.featureWidth),
        to: context.classCount))
  }
}

extension HeadSpec {
  package static func linear(dropout: Double = 0, pool: PoolKind = .average) -> HeadSpec {
    HeadSpec(LinearHead.self) { $0.setPooling(dropout: dropout, pool: pool) }
  }
}
