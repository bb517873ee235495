import GraftBase
import GraftEngine

/// Cosines between pooled features and a direction for each class, times a scale that is learned
/// (Gidaris and Komodakis, 2018; Chen et al., 2019): for few images per class.
///
/// Its parameters are `head.weight` [classes, features] and `head.scale` [1].
package struct CosineHead: Head {
  private let pooling: Pooling
  private let dropout: PlainLayer?
  private let layer: PlainLayer

  private init(_ values: ArgumentValues, in context: HeadContext) throws {
    let pool = values[PooledHead.pool]
    let width = pool.width(of: context.spec.featureWidth)
    let scope = context.headScope
    pooling = Pooling(context.scope, pool)
    dropout = try PooledHead.dropoutLayer(scope["dropout"], values)
    layer = PlainLayer(
      scope, CosineSimilarityOp(outputCount: context.classCount),
      [
        scope.parameter(
          "weight", .weight, layout: .linear, shape: [context.classCount, width],
          .torchDefault(fan: width)),
        scope.parameter("scale", .bias, shape: [1], .constant(Float(values[Self.scale]))),
      ])
  }

  package func callAsFunction(_ map: Value) throws -> HeadValues {
    let features = try pooling(map)
    return HeadValues(
      features: features, input: features, logits: try logits(from: features))
  }

  package func logits(from input: Value) throws -> Value {
    try layer(dropout?(input) ?? input)
  }
}

extension CosineHead: HeadKind {
  package static let name = "cosine"
  package static let summary =
    "a new classifier for few images: cosines between features and a direction for each class, times a "
    + "learned scale (Gidaris 2018)"
  package static let arguments: [any AnyArgument] = [scale, PooledHead.dropout, PooledHead.pool]
  package static let examples = [HeadSpec.cosine(), .cosine(scale: 5)]

  static let scale = Argument(
    "scale", .number(0.1...1000), default: 10, "what the cosines are multiplied by at first")

  package static func task(on spec: EncoderSpec) -> PredictionTask { .classification }

  package static func makeHead(
    _ values: ArgumentValues, in context: HeadContext
  ) throws -> any Head {
    try context.requireClasses(for: .classification)
    return try CosineHead(values, in: context)
  }
}

extension HeadSpec {
  package static func cosine(scale: Double = 10) -> HeadSpec {
    HeadSpec(CosineHead.self) { $0.set(.number(scale), for: CosineHead.scale) }
  }
}
