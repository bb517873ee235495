import GraftEngine

/// Batch normalisation over images and pixels, channel by channel (Ioffe and Szegedy, 2015).
package struct BatchNorm {
  private let path: String
  private let parameters: [Parameter]

  package init(_ scope: Scope, channels: Int) {
    path = scope.path
    parameters = [
      scope.parameter("weight", .normScale, shape: [channels], .ones),
      scope.parameter("bias", .normShift, shape: [channels], .zeros),
      scope.parameter("running_mean", .runningStatistic, shape: [channels], .zeros),
      scope.parameter("running_var", .runningStatistic, shape: [channels], .ones),
    ]
    scope.counter("num_batches_tracked")
  }

  package func callAsFunction(_ x: Value) throws -> Value {
    try x.graph.record(BatchNormOp(), [x], parameters: parameters, path: path)
  }
}
