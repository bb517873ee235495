import GraftEngine

/// The part that turns an encoder's feature map into one number per class.
package protocol Head {
  /// Records the head on the encoder's last feature map [N, h, w, C].
  func callAsFunction(_ map: Value) throws -> HeadValues
  /// Records the rest of the head on a value with the shape of `HeadValues.input`.
  func logits(from input: Value) throws -> Value
}

/// What a head computes.
package struct HeadValues {
  /// The pooled features [N, F].
  package let features: Value
  /// What the head's own parameters read: the pooled features, or a convolution head's map.
  ///
  /// A cache for a frozen encoder keeps this.
  package let input: Value
  /// [N, classes], before softmax.
  package let logits: Value
}

/// Pooling, dropout and one linear layer, or two with a ReLU.
package struct PooledHead: Head {
  private let pooling: Pooling
  private let dropout: PlainLayer?
  private let hidden: (linear: Linear, activation: PlainLayer)?
  private let linear: Linear

  package init(
    _ scope: Scope, pool: PoolKind = .average,
    hidden: (linear: Linear, activation: PlainLayer)? = nil,
    dropout: PlainLayer? = nil, linear: Linear
  ) {
    pooling = Pooling(scope, pool)
    self.hidden = hidden
    self.dropout = dropout
    self.linear = linear
  }

  package func callAsFunction(_ map: Value) throws -> HeadValues {
    let features = try pooling(map)
    return HeadValues(
      features: features, input: features, logits: try logits(from: features))
  }

  package func logits(from input: Value) throws -> Value {
    var x = input
    if let hidden { x = try hidden.activation(hidden.linear(x)) }
    if let dropout { x = try dropout(x) }
    return try linear(x)
  }
}

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
