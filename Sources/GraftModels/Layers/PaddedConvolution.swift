import GraftEngine

/// A convolution with any padding: what it cannot add itself, a layer `pad` before it adds.
package struct PaddedConvolution: Layer {
  private let window: PaddedWindow
  private let convolution: Convolution

  package init(
    _ scope: Scope, from inputs: Int, to outputs: Int, kernel: Pair, stride: Pair = 1,
    padding: Padding, dilation: Pair = 1, groups: Int = 1, hasBias: Bool = false,
    start: Convolution.Start = .kaimingNormalByOutputs
  ) {
    window = PaddedWindow(
      scope, kernel: kernel, stride: stride, padding: padding, dilation: dilation)
    convolution = Convolution(
      scope, from: inputs, to: outputs, kernel: kernel, stride: stride,
      padding: window.ownPadding, dilation: dilation, groups: groups, hasBias: hasBias,
      start: start)
  }

  package func callAsFunction(_ x: Value) throws -> Value { try convolution(window(x)) }
}

/// The padding before an operation that reads through a window.
package struct PaddedWindow {
  /// What the operation itself pads.
  package let ownPadding: Pair
  private let path: String
  private let reach: Pair
  private let stride: Pair
  private let padding: Padding
  private let layer: PlainLayer?

  package init(
    _ scope: Scope, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair = 1
  ) {
    path = scope.path
    reach = Pair(dilation.y * (kernel.y - 1) + 1, dilation.x * (kernel.x - 1) + 1)
    self.stride = stride
    self.padding = padding
    let own = padding.own(reach: reach, stride: stride)
    ownPadding = own ?? 0
    layer =
      own != nil
      ? nil : padding.op(reach: reach, stride: stride).map { PlainLayer(scope["pad"], $0) }
  }

  /// The image with what the operation does not add by itself.
  package func callAsFunction(_ x: Value) throws -> Value {
    try padding.requireFit(of: x.shape, reach: reach, stride: stride, path: path)
    return try layer?(x) ?? x
  }
}
