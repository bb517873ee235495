import GraftBase
import GraftEngine

/// Cosines between features and the mean of each class, times a fixed scale: the nearest class mean
/// (Snell et al., 2017).
///
/// Its parameters are `head.weight` [classes, features], the means of features of length 1, and
/// `head.scale` [1].
package struct PrototypeHead: Head {
  private let pooling: Pooling
  private let layer: PlainLayer

  private init(_ values: ArgumentValues, in context: HeadContext) {
    let pool = values[PooledHead.pool]
    pooling = Pooling(context.scope, pool)
    layer = PlainLayer.cosines(
      context.headScope, from: pool.width(of: context.spec.featureWidth), to: context.classCount)
  }

  package func callAsFunction(_ map: Value) throws -> HeadValues {
    let features = try pooling(map)
    return HeadValues(
      features: features, input: features, logits: try logits(from: features))
  }

  package func logits(from input: Value) throws -> Value { try layer(input) }
}

extension PrototypeHead: SolvedHead {
  package static let name = "prototype"
  package static let summary =
    "the mean feature of each class, compared by cosines; `solve` computes it (Snell 2017)"
  package static let arguments: [any AnyArgument] = [scale, PooledHead.pool]
  package static let examples = [HeadSpec(PrototypeHead.self)]

  static let scale = CosineHead.scale

  package static func makeHead(
    _ values: ArgumentValues, in context: HeadContext
  ) throws -> any Head {
    try context.requireClasses(for: .classification)
    return PrototypeHead(values, in: context)
  }

  package static func solution(
    _ features: LabeledFeatures, _ values: ArgumentValues
  ) -> [String: [Float]] {
    ["head.weight": features.classMeans, "head.scale": [Float(values[scale])]]
  }
}

extension PlainLayer {
  /// Cosines with rows that are not known yet, 0 until then.
  static func cosines(_ scope: Scope, from width: Int, to count: Int) -> PlainLayer {
    PlainLayer(
      scope, CosineSimilarityOp(outputCount: count),
      [
        scope.parameter(
          "weight", .weight, layout: .linear, shape: [count, width], .torchDefault(fan: width)),
        scope.parameter("scale", .bias, shape: [1], .constant(0)),
      ])
  }
}
