import GraftEngine

/// A fully connected layer with bias: [N, I] to [N, O].
package struct Linear: OperationLayer {
  package let operation: PlainLayer

  /// - Parameters:
  ///   - weight: how the weight starts; nil is torch's default.
  ///   - bias: how the bias starts; nil is torch's default.
  ///   - isConvolution: whether files have the weight as a 1×1 convolution's, [O, I, 1, 1].
  package init(
    _ scope: Scope, from inputs: Int, to outputs: Int, weight: Initializer? = nil,
    bias: Initializer? = nil, isConvolution: Bool = false
  ) {
    let standard = Initializer.torchDefault(fan: inputs)
    let parameters = [
      scope.parameter(
        "weight", .weight, layout: isConvolution ? .convolution : .linear,
        shape: isConvolution ? [outputs, inputs, 1, 1] : [outputs, inputs], weight ?? standard),
      scope.parameter("bias", .bias, shape: [outputs], bias ?? standard),
    ]
    operation = PlainLayer(
      scope, LinearOp(inputCount: inputs, outputCount: outputs, hasBias: true), parameters)
  }
}
