import GraftBase
import GraftEngine

/// A hidden layer with a ReLU between pooled features and classes.
///
/// Its parameters are those of `torch.nn.Sequential`'s `head.0` and `head.3`.
package enum PerceptronHead: HeadKind {
  package static let name = "mlp"
  package static let summary = "a new classifier with one hidden layer"
  package static let arguments: [any AnyArgument] = [hidden, PooledHead.dropout, PooledHead.pool]
  package static let leadingArgument: (any AnyArgument)? = hidden
  package static let examples = [HeadSpec.mlp(hidden: 256, dropout: 0.2)]

  static let hidden = Argument(
    "hidden", .integer(1...65_536), default: 512, "units of the hidden layer of mlp")

  package static func task(on spec: EncoderSpec) -> PredictionTask { .classification }

  package static func makeHead(
    _ values: ArgumentValues, in context: HeadContext
  ) throws -> any Head {
    try context.requireClasses(for: .classification)
    let (width, pool, scope) = (values[hidden], values[PooledHead.pool], context.headScope)
    guard (1...65_536).contains(width) else {
      throw GraftError(.usage, "a head with \(width) hidden units; use 1 to 65,536")
    }
    return PooledHead(
      context.scope, pool: pool,
      hidden: (
        Linear(scope[0], from: pool.width(of: context.spec.featureWidth), to: width),
        .relu(scope[1])
      ),
      dropout: try PooledHead.dropoutLayer(scope[2], values),
      linear: Linear(scope[3], from: width, to: context.classCount))
  }
}

extension HeadSpec {
  package static func mlp(
    hidden: Int = 512, dropout: Double = 0, pool: PoolKind = .average
  ) -> HeadSpec {
    HeadSpec(PerceptronHead.self) {
      $0.set(.integer(hidden), for: PerceptronHead.hidden)
      $0.setPooling(dropout: dropout, pool: pool)
    }
  }
}
