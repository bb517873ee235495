import GraftEngine

/// A convolution whose weights differ by position: [N, H, W, I] to [N, H', W', O].
///
/// Its weight is [H', W', KH, KW, I, O], so it takes images of one size only.
package struct LocallyConnected: OperationLayer {
  package let operation: PlainLayer

  /// Makes the layer for images of the shape `input`; throws when the window does not fit.
  package init(
    _ scope: Scope, for input: Shape, to outputs: Int, kernel: Pair, stride: Pair = 1,
    padding: Pair = 0, hasBias: Bool = true
  ) throws {
    func op(for places: Pair?) -> LocallyConnectedOp {
      LocallyConnectedOp(
        outputChannels: outputs, kernel: kernel, stride: stride, padding: padding,
        hasBias: hasBias, places: places)
    }
    let output = try op(for: nil).outputShape(of: [input])
    let weight = scope.parameter(
      "weight", .weight,
      shape: Shape([output[1], output[2], kernel.y, kernel.x, input.channels, outputs]),
      .kaimingNormal(fan: input.channels * kernel.y * kernel.x))
    let bias =
      hasBias
      ? [scope.parameter("bias", .bias, shape: [output[1], output[2], outputs], .zeros)] : []
    operation = PlainLayer(scope, op(for: Pair(output[1], output[2])), [weight] + bias)
  }
}
