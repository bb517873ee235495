import GraftEngine

/// Channels that compete: each scaled by its share of an image's length (Woo et al., 2023).
package struct GlobalResponseNorm: OperationLayer {
  package let operation: PlainLayer

  package init(_ scope: Scope, channels: Int, epsilon: Float = 1e-6) {
    operation = PlainLayer(
      scope, GlobalResponseNormOp(epsilon: epsilon),
      [
        scope.parameter("weight", .normScale, shape: [channels], .zeros),
        scope.parameter("bias", .normShift, shape: [channels], .zeros),
      ])
  }
}
