import GraftBase
import GraftKernels

/// A fully connected layer: [N, I] with weights [I, O] -> [N, O].
///
/// Parameters: weight, then bias if `hasBias`. It is a 1×1 convolution over pictures of one pixel.
package struct LinearOp: ProductOp {
  package static let name = "linear"
  package static var examples: [OpExample] {
    [
      OpExample(
        LinearOp(outputCount: 10, hasBias: true), inputs: [[3, 7]], parameters: [[7, 10], [10]]),
      OpExample(
        LinearOp(outputCount: 70, hasBias: false), inputs: [[5, 33]], parameters: [[33, 70]]),
    ]
  }

  package let outputCount: Int
  package let hasBias: Bool
  private var convolution: ConvolutionOp

  package init(outputCount: Int, hasBias: Bool) {
    self.outputCount = outputCount
    self.hasBias = hasBias
    convolution = ConvolutionOp(outputChannels: outputCount, kernel: 1, hasBias: hasBias)
  }

  package var details: String { "\(outputCount)" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank == 2 else {
      throw GraftError(
        .failed, "a linear layer takes [N, features], not \(inputs[0])", help: "pool or flatten")
    }
    return [inputs[0].batch, outputCount]
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

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    convolution.workspaceCount(request.asPixels)
  }

  package func preparedCount(_ request: WorkspaceRequest) -> Int {
    convolution.preparedCount(request.asPixels)
  }

  package func prepare(_ c: PrepareContext) {
    convolution.prepare(
      PrepareContext(
        request: c.request.asPixels, parameters: c.parameters, prepared: c.prepared, pool: c.pool))
  }

  package func forward(_ c: ForwardContext) {
    convolution.forward(
      ForwardContext(
        inputs: c.inputs, inputShapes: c.inputShapes.map(\.asPixels), parameters: c.parameters,
        output: c.output, outputShape: c.outputShape.asPixels, auxiliary: c.auxiliary,
        workspace: c.workspace, prepared: c.prepared, isTraining: c.isTraining, random: c.random,
        pool: c.pool))
  }

  package func backward(_ c: BackwardContext) {
    convolution.backward(
      BackwardContext(
        outputGradient: c.outputGradient, inputs: c.inputs,
        inputShapes: c.inputShapes.map(\.asPixels), output: c.output,
        outputShape: c.outputShape.asPixels, parameters: c.parameters, auxiliary: c.auxiliary,
        workspace: c.workspace, prepared: c.prepared, inputGradients: c.inputGradients,
        parameterGradients: c.parameterGradients, isTraining: c.isTraining, random: c.random,
        pool: c.pool))
  }
}

extension Shape {
  /// [N, C] as N pictures of one pixel.
  fileprivate var asPixels: Shape { [dimensions[0], 1, 1, dimensions[1]] }
}

extension WorkspaceRequest {
  fileprivate var asPixels: WorkspaceRequest {
    var request = self
    request.inputs = inputs.map(\.asPixels)
    request.output = output.asPixels
    return request
  }
}
