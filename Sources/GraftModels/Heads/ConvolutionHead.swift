import GraftEngine

/// The classifier of fully convolutional networks: 1×1 convolution, ReLU, mean over all pixels.
package struct ConvolutionHead: Head {
  private let scope: Scope
  private let dropout: PlainLayer?
  private let convolution: Convolution
  private let activation: PlainLayer
  private let pool: PlainLayer

  /// - Parameter scope: where the pooled features stand that a cache or an image asks for.
  package init(
    _ scope: Scope, dropout: PlainLayer? = nil, convolution: Convolution, activation: PlainLayer,
    pool: PlainLayer
  ) {
    self.scope = scope
    self.dropout = dropout
    self.convolution = convolution
    self.activation = activation
    self.pool = pool
  }

  package func callAsFunction(_ map: Value) throws -> HeadValues {
    let features = try Pooling(scope, .average)(map)
    return HeadValues(features: features, input: map, logits: try logits(from: map))
  }

  package func logits(from input: Value) throws -> Value {
    try pool(activation(convolution(dropout?(input) ?? input)))
  }
}
