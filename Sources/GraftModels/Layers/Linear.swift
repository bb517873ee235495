import GraftEngine

/// A fully connected layer: [N, I] to [N, O], or over each pixel of [N, H, W, I].
package struct Linear: OperationLayer {
  package let operation: PlainLayer

  /// - Parameters:
  ///   - weight: how the weight starts; nil is torch's default.
  ///   - bias: how the bias starts; nil is torch's default.
  ///   - isConvolution: whether files have the weight as a 1×1 convolution's, [O, I, 1, 1].
  ///   - prefix: what the names of weight and bias begin with: `in_proj_`.
  package init(
    _ scope: Scope, from inputs: Int, to outputs: Int, weight: Initializer? = nil,
    bias: Initializer? = nil, isConvolution: Bool = false, hasBias: Bool = true,
    prefix: String = ""
  ) {
    let standard = Initializer.torchDefault(fan: inputs)
    var parameters = [
      scope.parameter(
        prefix + "weight", .weight, layout: isConvolution ? .convolution : .linear,
        shape: isConvolution ? [outputs, inputs, 1, 1] : [outputs, inputs], weight ?? standard)
    ]
    if hasBias {
      parameters.append(
        scope.parameter(prefix + "bias", .bias, shape: [outputs], bias ?? standard))
    }
    operation = PlainLayer(
      scope, LinearOp(inputCount: inputs, outputCount: outputs, hasBias: hasBias), parameters)
  }
}
