import GraftBase
import GraftKernels

/// Two-dimensional convolution: [N, H, W, I] with weights [KH, KW, I / groups, O] -> [N, H', W', O],
/// H' = (H + 2P - D·(KH - 1) - 1) / S + 1, rounded down.
///
/// Parameters: weight, then bias if `hasBias`. The fused form, which only plans make, takes a
/// frozen batch norm's four parameters after these (folded into the weights), a residual as second
/// input, and applies an activation while the results are in cache.
package struct ConvolutionOp: ProductOp {
  package static let name = "convolution"

  package let outputChannels: Int
  package let kernel: Pair
  package let stride: Pair
  package let padding: Pair
  package let dilation: Pair
  package let groups: Int
  package let hasBias: Bool
  /// The epsilon of the batch norm that is folded in, nil when there is none.
  package private(set) var foldedEpsilon: Float?
  package private(set) var addsResidual = false
  package private(set) var activation = Activation.linear
  /// The precision of its products, where their shape benefits.
  package internal(set) var precision = Precision.fp32
  /// How its operands are stored.
  private(set) var formats = OperandFormats.float32(inputs: 2)
  /// Set once the shapes are known.
  private var fittedGeometry: ConvolutionGeometry?

  package init(
    outputChannels: Int, kernel: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1,
    groups: Int = 1, hasBias: Bool
  ) {
    precondition(kernel.y * kernel.x <= Int(GRAFT_MAX_TAPS), "a kernel of over 256 taps")
    precondition(outputChannels % groups == 0, "groups must divide the output channels")
    self.outputChannels = outputChannels
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
    self.hasBias = hasBias
  }

  package var details: String {
    var text = "\(kernel.y)×\(kernel.x)"
    if stride != 1 { text += " stride \(stride)" }
    if dilation != 1 { text += " dilation \(dilation)" }
    if groups != 1 { text += " groups \(groups)" }
    if foldedEpsilon != nil { text += " + norm" }
    if addsResidual { text += " + add" }
    if activation != .linear { text += " + \(activation.name)" }
    return text
  }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard x.rank == 4 else {
      throw GraftError(.failed, "a convolution takes [N, H, W, C], not \(x)")
    }
    guard x.channels % groups == 0 else {
      throw GraftError(.failed, "\(groups) groups do not divide the \(x.channels) channels of \(x)")
    }
    guard window.fits(x) else {
      throw GraftError(.failed, "a \(kernel.y)×\(kernel.x) kernel does not fit into \(x)")
    }
    let count = window.count(in: x)
    return [x[0], count.y, count.x, outputChannels]
  }

  package func retention(_ needs: GradientNeeds) -> Retention {
    Retention(inputs: needs.parameters.first == true ? [0] : [])
  }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int {
    output.elementCount * kernel.y * kernel.x * inputs[0].channels / groups
  }

  package func fitted(inputs: [Shape], output: Shape) -> ConvolutionOp {
    var fitted = self
    fitted.fittedGeometry = ConvolutionGeometry(self, inputs[0], output)
    return fitted
  }

  package func storing(_ formats: OperandFormats, inputs: [Shape]) -> (any Op)? {
    var stored = self
    stored.formats = formats
    if isDepthwise(inputs[0]) { return precision == .bf16 && !addsResidual ? stored : nil }
    return stored.isBF16(.forward, inputs[0]) ? stored : nil
  }

  package func storesGradients(_ needs: GradientNeeds, inputs: [Shape]) -> Bool {
    guard foldedEpsilon == nil, !addsResidual, activation == .linear else { return false }
    if isDepthwise(inputs[0]) { return true }
    return groups == 1
      && (needs.inputs.first != true || isBF16(.dataGradient, inputs[0]))
  }

  var isFitted: Bool { fittedGeometry != nil }

  func algorithm(_ x: Shape, _ y: Shape) -> ConvolutionGeometry.Algorithm {
    (fittedGeometry ?? ConvolutionGeometry(self, x, y)).algorithm
  }

  /// Whether each channel of this input has a filter of its own.
  func isDepthwise(_ input: Shape) -> Bool {
    groups > 1 && groups == outputChannels && groups == input.channels
  }
}

extension ConvolutionOp {
  package var window: Window {
    Window(kernel, stride: stride, padding: padding, dilation: dilation)
  }

  package func parameterFormula(inputs: [Shape]) -> ParameterFormula? {
    ParameterFormula(
      [inputs[0].channels / groups, kernel.y, kernel.x], outputs: outputChannels, hasBias: hasBias,
      isShared: true)
  }

  package var folding: Folding {
    .target(
      withBias: ConvolutionOp(
        outputChannels: outputChannels, kernel: kernel, stride: stride, padding: padding,
        dilation: dilation, groups: groups, hasBias: true))
  }

  package func export(_ c: inout ExchangeContext) throws -> String {
    precondition(foldedEpsilon == nil && !addsResidual && activation == .linear, "an op of a plan")
    return c.add(
      "Conv", nil,
      [
        ("kernel_shape", .integers([kernel.y, kernel.x])),
        ("strides", .integers([stride.y, stride.x])),
        ("pads", .integers([padding.y, padding.x, padding.y, padding.x])),
        ("dilations", .integers([dilation.y, dilation.x])), ("group", .integer(groups)),
      ])
  }
}

extension ConvolutionOp {
  /// This convolution with a frozen batch norm folded into weights and bias.
  func folding(epsilon: Float) -> ConvolutionOp {
    var fused = self
    fused.foldedEpsilon = epsilon
    return fused
  }

  /// This convolution with a second input added to its result.
  func addingResidual() -> ConvolutionOp {
    var fused = self
    fused.addsResidual = true
    return fused
  }

  /// This convolution followed by an activation.
  func activating(_ activation: Activation) -> ConvolutionOp {
    var fused = self
    fused.activation = activation
    return fused
  }

  package static var examples: [OpExample] {
    func example(_ op: ConvolutionOp, _ input: Shape) -> OpExample {
      let weight: Shape = [op.kernel.y, op.kernel.x, input.channels / op.groups, op.outputChannels]
      return OpExample(
        op, inputs: [input], parameters: op.hasBias ? [weight, [op.outputChannels]] : [weight])
    }
    return [
      example(.init(outputChannels: 5, kernel: 3, padding: 1, hasBias: true), [2, 6, 5, 4]),
      example(
        .init(outputChannels: 20, kernel: 3, stride: 2, padding: 1, hasBias: false), [2, 7, 8, 3]),
      example(.init(outputChannels: 18, kernel: 1, hasBias: true), [2, 4, 3, 7]),
      example(.init(outputChannels: 6, kernel: 1, stride: 2, hasBias: false), [2, 5, 4, 3]),
      example(
        .init(
          outputChannels: 4, kernel: Pair(5, 3), stride: Pair(2, 3), padding: Pair(2, 0),
          hasBias: false), [1, 9, 8, 2]),
      example(
        .init(outputChannels: 4, kernel: 3, padding: 2, dilation: 2, hasBias: false),
        [1, 6, 7, 3]),
      example(
        .init(outputChannels: 6, kernel: 3, padding: 1, groups: 2, hasBias: true), [2, 5, 4, 4]),
      example(
        .init(outputChannels: 4, kernel: 3, stride: 2, padding: 1, groups: 2, hasBias: false),
        [1, 5, 6, 6]),
      example(
        .init(outputChannels: 18, kernel: 3, padding: 1, groups: 18, hasBias: true),
        [2, 5, 6, 18]),
      example(
        .init(outputChannels: 5, kernel: 3, stride: 2, padding: 1, groups: 5, hasBias: false),
        [1, 6, 7, 5]),
      example(
        .init(outputChannels: 4, kernel: 3, padding: 1, groups: 4, hasBias: true), [1, 4, 5, 8]),
      example(
        .init(outputChannels: 66, kernel: 3, padding: 1, hasBias: false), [1, 4, 4, 130]),
      example(
        .init(outputChannels: 18, kernel: 3, padding: Pair(0, 2), hasBias: true), [2, 8, 7, 17]),
      example(
        .init(outputChannels: 20, kernel: 3, padding: 1, hasBias: false), [1, 4, 7, 192]),
    ]
  }
}
