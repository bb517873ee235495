import GraftEngine

/// Normalization over the channels of each pixel or vector (Ba et al., 2016).
package struct LayerNorm: OperationLayer {
  package let operation: PlainLayer

  package init(_ scope: Scope, channels: Int, epsilon: Float = 1e-5) {
    operation = PlainLayer(
      scope, LayerNormOp(epsilon: epsilon), scope.scaleAndShift(channels: channels))
  }
}
