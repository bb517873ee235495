import GraftEngine

/// Normalization over pixels and the channels of a group, image by image (Wu and He, 2018).
package struct GroupNorm {
  private let path: String
  private let op: GroupNormOp
  private let parameters: [Parameter]

  package init(
    _ scope: Scope, channels: Int, groups: Int, epsilon: Float = 1e-5, isAffine: Bool = true
  ) {
    path = scope.path
    op = GroupNormOp(groups: groups, epsilon: epsilon, isAffine: isAffine)
    parameters =
      isAffine
      ? [
        scope.parameter("weight", .normScale, shape: [channels], .ones),
        scope.parameter("bias", .normShift, shape: [channels], .zeros),
      ] : []
  }

  package func callAsFunction(_ x: Value) throws -> Value {
    try x.graph.record(op, [x], parameters: parameters, path: path)
  }
}
