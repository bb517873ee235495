import GraftBase
import GraftEngine

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

extension PooledHead {
  // What the registered heads of this form take.
  static let dropout = Argument(
    "dropout", .number(0...0.95), default: 0, "share of features dropped in training")
  static let pool = Argument(
    "pool", .word, default: PoolKind.average, "how a feature map becomes one vector")

  /// The dropout layer that the arguments ask for; none for a rate of 0.
  static func dropoutLayer(_ scope: Scope, _ values: ArgumentValues) throws -> PlainLayer? {
    let rate = values[dropout]
    guard rate >= 0, rate < 1 else {
      throw GraftError(.usage, "a dropout of \(rate); it must be at least 0 and below 1")
    }
    return rate > 0 ? .dropout(scope, rate: Float(rate)) : nil
  }
}

extension ArgumentValues {
  /// Sets what heads of pooled features take.
  mutating func setPooling(dropout: Double, pool: PoolKind) {
    set(.number(dropout), for: PooledHead.dropout)
    set(.text(pool.rawValue), for: PooledHead.pool)
  }
}
