import GraftEngine

extension PlainLayer {
  /// Maximum over windows of any size.
  package static func maxPool(
    _ scope: Scope, kernel: Pair, stride: Pair, padding: Pair = 0, roundsUp: Bool = false
  ) -> PlainLayer {
    PlainLayer(
      scope,
      PoolOp(.max, kernel: kernel, stride: stride, padding: padding, roundsUp: roundsUp))
  }

  /// The mean over windows; padding counts as zeros unless specified otherwise.
  package static func averagePool(
    _ scope: Scope, kernel: Pair, stride: Pair, padding: Pair = 0, roundsUp: Bool = false,
    countsPadding: Bool = true
  ) -> PlainLayer {
    PlainLayer(
      scope,
      PoolOp(
        .average, kernel: kernel, stride: stride, padding: padding, roundsUp: roundsUp,
        countsPadding: countsPadding))
  }

  /// The mean over windows that give `size` pixels for any input.
  package static func adaptiveAveragePool(_ scope: Scope, size: Pair) -> PlainLayer {
    PlainLayer(scope, AdaptivePoolOp(.average, size: size))
  }

  /// An image as a vector in torch's order: [N, H, W, C] to [N, C·H·W].
  package static func flatten(_ scope: Scope) -> PlainLayer { PlainLayer(scope, FlattenOp()) }

  /// Normalization by five neighboring channels, as in AlexNet: the paper's alpha, 10⁻⁴, is
  /// before the sum, torch's before the mean.
  package static func localResponseNorm(_ scope: Scope) -> PlainLayer {
    PlainLayer(scope, LocalResponseNormOp(size: 5, alpha: 5e-4, beta: 0.75, k: 2))
  }
}

/// Average pooling whose every channel has a trained factor and summand (LeCun et al., 1998).
package struct WeightedAveragePool: Layer {
  private let pool, weighting: PlainLayer

  /// Windows of `size` × `size` pixels that do not overlap.
  package init(_ scope: Scope, channels: Int, size: Int) {
    pool = .averagePool(scope["pool"], kernel: Pair(size), stride: Pair(size))
    weighting = PlainLayer(scope, ChannelAffineOp(), scope.scaleAndShift(channels: channels))
  }

  package func callAsFunction(_ x: Value) throws -> Value { try weighting(pool(x)) }
}
