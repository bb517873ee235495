import GraftEngine

/// Batch normalization over images and pixels, channel by channel (Ioffe and Szegedy, 2015).
package struct BatchNorm {
  private let path: String
  private let op: BatchNormOp
  private let parameters: [Parameter]

  package init(_ scope: Scope, channels: Int, epsilon: Float = 1e-5, momentum: Float = 0.1) {
    path = scope.path
    op = BatchNormOp(epsilon: epsilon, momentum: momentum)
    parameters = [
      scope.parameter("weight", .normScale, shape: [channels], .ones),
      scope.parameter("bias", .normShift, shape: [channels], .zeros),
      scope.parameter("running_mean", .runningStatistic, shape: [channels], .zeros),
      scope.parameter("running_var", .runningStatistic, shape: [channels], .ones),
    ]
    scope.counter("num_batches_tracked")
  }

  package func callAsFunction(_ x: Value) throws -> Value {
    try x.graph.record(op, [x], parameters: parameters, path: path)
  }
}
