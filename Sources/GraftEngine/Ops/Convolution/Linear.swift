import GraftBase
import GraftKernels

/// A fully connected layer: [N, I] with weights [I, O] -> [N, O], or over each pixel of [N, H, W, I].
///
/// Parameters: weight, then bias if `hasBias`. It is a 1×1 convolution; vectors are images of one pixel.
package struct LinearOp: ProductOp {
  package static let name = "linear"
  package static var examples: [OpExample] {
    [
      OpExample(
        LinearOp(outputCount: 10, hasBias: true), inputs: [[3, 7]], parameters: [[7, 10], [10]]),
      OpExample(
        LinearOp(outputCount: 70, hasBias: false), inputs: [[5, 33]], parameters: [[33, 70]]),
      OpExample(
        LinearOp(outputCount: 9, hasBias: true), inputs: [[2, 3, 4, 7]], parameters: [[7, 9], [9]]),
    ]
  }

  /// Features that the weights are for; nil takes what comes.
  package let inputCount: Int?
  package let outputCount: Int
  package let hasBias: Bool
  private var convolution: ConvolutionOp

  package init(inputCount: Int? = nil, outputCount: Int, hasBias: Bool) {
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.hasBias = hasBias
    convolution = ConvolutionOp(outputChannels: outputCount, kernel: 1, hasBias: hasBias)
  }

  package var details: String { "\(outputCount)" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank == 2 || inputs[0].rank == 4 else {
      throw GraftError(
        .failed, "a linear layer takes [N, features], not \(inputs[0])", help: "pool or flatten")
    }
    if let inputCount, inputs[0].channels != inputCount {
      throw GraftError(
        .failed,
        "a fully connected layer of \(inputCount) inputs was given \(inputs[0].channels)",
        help: "this network takes images of its own size only: leave out size=")
    }
    return Shape(inputs[0].dimensions.dropLast() + [outputCount])
  }

  package func retention(_ needs: GradientNeeds) -> Retention { convolution.retention(needs) }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int {
    output.elementCount * inputs[0].channels
  }

  package func computed(in precision: Precision) -> LinearOp {
    var op = self
    op.convolution = convolution.computed(in: precision)
    return op
  }

  package func forwardPrecision(inputs: [Shape]) -> Precision {
    convolution.forwardPrecision(inputs: inputs.map(\.asPixels))
  }

  package func fitted(inputs: [Shape], output: Shape) -> LinearOp {
    var fitted = self
    fitted.convolution = convolution(of: inputs[0], output)
    return fitted
  }

  /// The convolution fitted to its images; from shapes it needs only their sizes.
  private func convolution(of x: Shape, _ y: Shape) -> ConvolutionOp {
    convolution.isFitted
      ? convolution : convolution.fitted(inputs: [x.asPixels], output: y.asPixels)
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    convolution(of: request.inputs[0], request.output).workspaceCount(request)
  }

  package func preparedCount(_ request: WorkspaceRequest) -> Int {
    convolution(of: request.inputs[0], request.output).preparedCount(request)
  }

  package func prepare(_ c: PrepareContext) {
    convolution(of: c.request.inputs[0], c.request.output).prepare(c)
  }

  package func forward(_ c: ForwardContext) {
    convolution(of: c.inputShapes[0], c.outputShape).forward(c)
  }

  package func backward(_ c: BackwardContext) {
    convolution(of: c.inputShapes[0], c.outputShape).backward(c)
  }
}

extension LinearOp {
  package func parameterFormula(inputs: [Shape]) -> ParameterFormula? {
    ParameterFormula(
      [inputs[0].channels], outputs: outputCount, hasBias: hasBias, isShared: false)
  }

  /// Torch has both weights in one order, [O, C·h·w] and [O, C, h, w].
  package var denseForm: DenseForm {
    .connecting(outputs: outputCount) { [outputCount, hasBias] window in
      ConvolutionOp(outputChannels: outputCount, kernel: window, hasBias: hasBias)
    }
  }

  package func export(_ c: inout ExchangeContext) throws -> String {
    guard c.inputShapes[0].rank == 4 else {
      // Some networks keep their classifier as a convolution of 1×1, [O, C, 1, 1].
      let isMatrix = c.parameterShapes[0].rank == 2
      let weight =
        isMatrix ? c.parameters[0] : c.add("Flatten", [c.parameters[0]], [("axis", .integer(1))])
      return c.add(
        "Gemm", c.inputs + [weight] + c.parameters.dropFirst(), [("transB", .integer(1))])
    }
    // A convolution's weights after patches are in the order of those.
    let weight =
      c.parameterShapes[0].rank == 4
      ? c.add("Reshape", [c.parameters[0], c.add(integers: [outputCount, -1, 1, 1], "weights")])
      : c.add("Unsqueeze", [c.parameters[0], c.add(integers: [2, 3], "axes")])
    return c.add("Conv", [c.inputs[0], weight] + c.parameters.dropFirst())
  }
}

extension LinearOp {
  /// The same for maps as a convolution, which plans merge with its neighbors.
  func asConvolution(of x: Shape) -> ConvolutionOp? { x.rank == 4 ? convolution : nil }
}

extension Shape {
  /// [N, C] as N images of one pixel.
  fileprivate var asPixels: Shape { rank == 4 ? self : [dimensions[0], 1, 1, dimensions[1]] }
}
