import GraftEngine

/// Normalization over the channels of each pixel or vector (Ba et al., 2016).
package struct LayerNorm {
  private let path: String
  private let op: LayerNormOp
  private let parameters: [Parameter]

  package init(_ scope: Scope, channels: Int, epsilon: Float = 1e-5) {
    path = scope.path
    op = LayerNormOp(epsilon: epsilon)
    parameters = [
      scope.parameter("weight", .normScale, shape: [channels], .ones),
      scope.parameter("bias", .normShift, shape: [channels], .zeros),
    ]
  }

  package func callAsFunction(_ x: Value) throws -> Value {
    try x.graph.record(op, [x], parameters: parameters, path: path)
  }
}
