import GraftEngine

/// A convolution whose weights differ by position: [N, H, W, I] to [N, H', W', O].
///
/// Its weight is [H', W', KH, KW, I, O], so it takes images of one size only.
package struct LocallyConnected {
  private let path: String
  private let op: LocallyConnectedOp
  private let parameters: [Parameter]

  /// Makes the layer for images of the shape `input`; throws when the window does not fit.
  package init(
    _ scope: Scope, for input: Shape, to outputs: Int, kernel: Pair, stride: Pair = 1,
    padding: Pair = 0, hasBias: Bool = true
  ) throws {
    path = scope.path
    func op(for places: Pair?) -> LocallyConnectedOp {
      LocallyConnectedOp(
        outputChannels: outputs, kernel: kernel, stride: stride, padding: padding,
        hasBias: hasBias, places: places)
    }
    let output = try op(for: nil).outputShape(of: [input])
    self.op = op(for: Pair(output[1], output[2]))
    let weight = scope.parameter(
      "weight", .weight,
      shape: Shape([output[1], output[2], kernel.y, kernel.x, input.channels, outputs]),
      .kaimingNormal(fan: input.channels * kernel.y * kernel.x))
    parameters =
      hasBias
      ? [weight, scope.parameter("bias", .bias, shape: [output[1], output[2], outputs], .zeros)]
      : [weight]
  }

  package func callAsFunction(_ x: Value) throws -> Value {
    try x.graph.record(op, [x], parameters: parameters, path: path)
  }
}
