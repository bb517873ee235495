import GraftBase
import GraftEngine

@testable import GraftModels

/// One fully connected layer on features that a layer norm has brought to one size.
package struct NormedHead: Head {
  private let pooling: Pooling
  private let norm: LayerNorm
  private let linear: Linear

  package init(_ values: ArgumentValues, in context: HeadContext) {
    let pool = values[PooledHead.pool]
    let width = pool.width(of: context.spec.featureWidth)
    pooling = Pooling(context.scope, pool)
    norm = LayerNorm(
      context.headScope["norm"], channels: width, epsilon: Float(values[Self.epsilon]))
    linear = Linear(context.headScope["linear"], from: width, to: context.classCount)
  }

  package func callAsFunction(_ map: Value) throws -> HeadValues {
    let features = try pooling(map)
    return HeadValues(features: features, input: features, logits: try logits(from: features))
  }

  package func logits(from input: Value) throws -> Value { try linear(norm(input)) }
}

extension NormedHead: HeadKind {
  package static let name = "normed"
  package static let summary = "a new classifier behind a layer norm"
  package static let arguments: [any AnyArgument] = [epsilon, PooledHead.pool]
  package static let examples = [HeadSpec(NormedHead.self)]

  static let epsilon = Argument(
    "epsilon", .number(1e-12...1), default: 1e-5, "what the norm adds to variances")

  package static func task(on spec: EncoderSpec) -> PredictionTask { .classification }

  package static func makeHead(
    _ values: ArgumentValues, in context: HeadContext
  ) throws -> any Head {
    try context.requireClasses(for: .classification)
    return NormedHead(values, in: context)
  }
}
