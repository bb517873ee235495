import GraftEngine

/// Batch normalization over images and pixels, channel by channel (Ioffe and Szegedy, 2015).
package struct BatchNorm: OperationLayer {
  package let operation: PlainLayer

  package init(_ scope: Scope, channels: Int, epsilon: Float = 1e-5, momentum: Float = 0.1) {
    operation = PlainLayer(
      scope, BatchNormOp(epsilon: epsilon, momentum: momentum),
      scope.scaleAndShift(channels: channels) + [
        scope.parameter("running_mean", .runningStatistic, shape: [channels], .zeros),
        scope.parameter("running_var", .runningStatistic, shape: [channels], .ones),
      ])
    scope.counter("num_batches_tracked")
  }
}
