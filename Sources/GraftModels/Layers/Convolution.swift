import GraftEngine

/// A two-dimensional convolution: [N, H, W, I] to [N, H', W', O].
package struct Convolution: OperationLayer {
  /// How the weight starts.
  package enum Start: Sendable {
    /// Kaiming's normal distribution over the inputs of an output.
    case kaimingNormalByInputs
    /// Kaiming's normal distribution over the outputs of an input, as ResNets have it.
    case kaimingNormalByOutputs
    /// Kaiming's uniform distribution over the inputs of an output, as SqueezeNet has it.
    case kaimingUniformByInputs
    case normal(deviation: Double)
    /// torch's default for weights and biases.
    case torchDefault
  }

  package let operation: PlainLayer
  /// What pads before it, where it cannot pad itself (`Scope.padsSame`).
  private let pad: PlainLayer?

  /// A convolution with a square kernel.
  package init(
    _ scope: Scope, from inputs: Int, to outputs: Int, kernel: Int, stride: Int = 1,
    padding: Int = 0, dilation: Int = 1, groups: Int = 1, hasBias: Bool = false,
    start: Start = .kaimingNormalByOutputs
  ) {
    self.init(
      scope, from: inputs, to: outputs, kernel: Pair(kernel), stride: Pair(stride),
      padding: Pair(padding), dilation: Pair(dilation), groups: groups, hasBias: hasBias,
      start: start)
  }

  package init(
    _ scope: Scope, from inputs: Int, to outputs: Int, kernel: Pair, stride: Pair,
    padding: Pair, dilation: Pair = 1, groups: Int = 1, hasBias: Bool = false,
    start: Start = .kaimingNormalByOutputs
  ) {
    let area = kernel.y * kernel.x
    let initializer: Initializer =
      switch start {
      case .kaimingNormalByInputs: .kaimingNormal(fan: inputs / groups * area)
      case .kaimingNormalByOutputs: .kaimingNormal(fan: outputs * area)
      case .kaimingUniformByInputs: .kaimingUniform(fan: inputs / groups * area)
      case .normal(let deviation): .normal(deviation: deviation)
      case .torchDefault: .torchDefault(fan: inputs / groups * area)
      }
    let biasInitializer =
      if case .torchDefault = start { initializer } else { Initializer.zeros }
    let weight = scope.parameter(
      "weight", .weight, layout: .convolution,
      shape: [outputs, inputs / groups, kernel.y, kernel.x], initializer)
    let bias =
      hasBias ? [scope.parameter("bias", .bias, shape: [outputs], biasInitializer)] : []
    // At stride 1 both paddings are the same.
    let reach = Pair(dilation.y * (kernel.y - 1) + 1, dilation.x * (kernel.x - 1) + 1)
    let isSame =
      scope.padsSame && stride != 1 && padding != 0 && padding.y * 2 == reach.y - 1
      && padding.x * 2 == reach.x - 1
    pad = isSame ? PlainLayer(scope["pad"], PadOp(same: reach, stride: stride)) : nil
    operation = PlainLayer(
      scope,
      ConvolutionOp(
        outputChannels: outputs, kernel: kernel, stride: stride, padding: isSame ? 0 : padding,
        dilation: dilation, groups: groups, hasBias: hasBias), [weight] + bias)
  }
  package func callAsFunction(_ x: Value) throws -> Value { try operation(pad?(x) ?? x) }
}
