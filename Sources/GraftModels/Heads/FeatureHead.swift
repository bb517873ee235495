import GraftEngine

/// No head at all: the features themselves, which is what an encoder without a classifier of its own is
/// published with.
struct FeatureHead: Head {
  private let pooling: Pooling
  private let output: PlainLayer

  init(_ scope: Scope) {
    pooling = Pooling(scope, .average)
    output = .activation(scope["head"]["features"], .linear)
  }

  func callAsFunction(_ map: Value) throws -> HeadValues {
    let features = try pooling(map)
    return HeadValues(features: features, input: features, logits: try logits(from: features))
  }

  func logits(from input: Value) throws -> Value { try output(input) }
}
