import GraftEngine

/// A transposed convolution: [N, H, W, I] to [N, H', W', O], torch's `ConvTranspose2d`.
package struct TransposedConvolution: OperationLayer {
  package let operation: PlainLayer

  /// - Parameter weight: how the weight starts; nil is torch's default.
  package init(
    _ scope: Scope, from inputs: Int, to outputs: Int, kernel: Pair, stride: Pair,
    padding: Pair = 0, outputPadding: Pair = 0, dilation: Pair = 1, groups: Int = 1,
    hasBias: Bool = true, weight start: Initializer? = nil
  ) {
    // Torch counts the inputs of the convolution that it transposes.
    let standard = Initializer.torchDefault(fan: outputs / groups * kernel.y * kernel.x)
    let weight = scope.parameter(
      "weight", .weight, layout: .convolution,
      shape: [inputs, outputs / groups, kernel.y, kernel.x], start ?? standard)
    let bias = hasBias ? [scope.parameter("bias", .bias, shape: [outputs], standard)] : []
    operation = PlainLayer(
      scope,
      TransposedConvolutionOp(
        inputChannels: inputs, outputChannels: outputs, kernel: kernel, stride: stride,
        padding: padding, outputPadding: outputPadding, dilation: dilation, groups: groups,
        hasBias: hasBias), [weight] + bias)
  }
}
