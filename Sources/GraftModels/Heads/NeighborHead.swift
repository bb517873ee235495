import GraftBase
import GraftEngine

/// The votes of the nearest training images, by cosines of features (Wu et al., 2018).
///
/// Its parameters are `head.weight` [images, features], their features of length 1, `head.scale` [1], which
/// is 1, and `head.labels` [images], their classes.
package struct NeighborHead: Head {
  private let pooling: Pooling
  private let cosines: PlainLayer
  private let vote: PlainLayer

  private init(_ values: ArgumentValues, in context: HeadContext) {
    let pool = values[PooledHead.pool]
    let (scope, count) = (context.headScope, values[Self.images])
    pooling = Pooling(context.scope, pool)
    cosines = PlainLayer.cosines(
      scope, from: pool.width(of: context.spec.featureWidth), to: count)
    vote = PlainLayer(
      scope["vote"],
      NeighborVoteOp(
        neighbors: values[Self.neighbors], temperature: Float(values[Self.temperature]),
        classCount: context.classCount),
      [scope.parameter("labels", .bias, shape: [count], .constant(0))])
  }

  package func callAsFunction(_ map: Value) throws -> HeadValues {
    let features = try pooling(map)
    return HeadValues(
      features: features, input: features, logits: try logits(from: features))
  }

  package func logits(from input: Value) throws -> Value { try vote(cosines(input)) }
}

extension NeighborHead: SolvedHead {
  package static let name = "knn"
  package static let summary =
    "the votes of the nearest training images by cosines of features, which the model then holds; `solve` "
    + "computes it (Wu 2018)"
  package static let arguments: [any AnyArgument] = [
    neighbors, temperature, images, PooledHead.pool,
  ]
  package static let leadingArgument: (any AnyArgument)? = neighbors
  package static let examples = [HeadSpec(NeighborHead.self), .knn(neighbors: 5)]

  static let neighbors = Argument(
    "k", .integer(1...10_000), default: 20, "nearest images that vote")
  static let temperature = Argument(
    "temperature", .number(0.001...100), default: 0.07,
    "how far the weights of votes are apart: less counts the nearest more")
  static let images = Argument(
    "images", .integer(1...100_000_000), default: 1, "images that it holds; `solve` sets it")

  package static func makeHead(
    _ values: ArgumentValues, in context: HeadContext
  ) throws -> any Head {
    try context.requireClasses(for: .classification)
    return NeighborHead(values, in: context)
  }

  package static func sized(_ values: ArgumentValues, for imageCount: Int) -> ArgumentValues {
    var result = values
    result.set(.integer(imageCount), for: images)
    return result
  }

  package static func solution(
    _ features: LabeledFeatures, _ values: ArgumentValues
  ) -> [String: [Float]] {
    [
      "head.weight": features.rows, "head.scale": [1],
      "head.labels": features.labels.map { Float($0) },
    ]
  }
}

extension HeadSpec {
  /// The votes of so many neighbors.
  package static func knn(neighbors: Int = 20) -> HeadSpec {
    HeadSpec(NeighborHead.self) { $0.set(.integer(neighbors), for: NeighborHead.neighbors) }
  }
}
