import GraftKernels

/// A depthwise, pointwise or Winograd convolution together with the batch norms around it, which take no pass
/// over memory of their own; only plans and tests make it.
///
/// Where the input has a norm, its raw values are stored once, and normalized and activated as they
/// are loaded, in both directions. Where the output has one (which belongs to the op that reads the
/// output), the norm's sums are added up while results are in cache, and what comes back is the
/// gradient after the norm, which passes it as it is loaded.
///
/// Parameters: the convolution's weight, then the input norm's four.
package struct NormalizedConvolutionOp: Op {
  package static let name = "convolution"
  package static var examples: [OpExample] {
    let convolutions: [(ConvolutionOp, Activation)] = [
      (.init(outputChannels: 18, kernel: 3, padding: 1, groups: 18, hasBias: false), .relu6),
      (
        .init(outputChannels: 18, kernel: 5, stride: 2, padding: 2, groups: 18, hasBias: false),
        .linear
      ),
      (.init(outputChannels: 20, kernel: 1, hasBias: false), .relu),
      (.init(outputChannels: 17, kernel: 3, padding: 1, hasBias: false), .linear),
    ]
    return [true, false].flatMap { isTraining in
      convolutions.map { convolution, activation in
        let width = convolution.outputChannels
        let weight: Shape = [
          convolution.kernel.y, convolution.kernel.x, 18 / convolution.groups, width,
        ]
        return OpExample(
          NormalizedConvolutionOp(convolution).normalizingInput(
            BatchNormOp().activating(activation), isSummed: false),
          inputs: [[2, 9, 8, 18]], parameters: [weight, [18], [18], [18], [18]],
          isTraining: isTraining, normPlace: 1, hasKinks: activation != .linear)
      }
    }
  }

  private(set) var convolution: ConvolutionOp
  /// The norm that the input passes, with its activation.
  private(set) var inputNorm: BatchNormOp?
  /// Whether the input's producer adds up the norm's sums and takes the gradient after the norm.
  private(set) var isInputSummed = false
  /// The activation of the norm that reads the output, and whether it wants sums.
  private(set) var outputNorm: (activation: Activation, isTraining: Bool)?

  /// Set once the shapes are known.
  private var fittedAlgorithm: Algorithm?

  init(_ convolution: ConvolutionOp) { self.convolution = convolution }

  /// Whether this form supports the convolution and is faster, for inputs of this shape.
  static func supports(_ op: ConvolutionOp, input: Shape, output: Shape) -> Bool {
    guard op.activation == .linear, !op.hasBias, !op.addsResidual, op.foldedEpsilon == nil else {
      return false
    }
    if op.isDepthwise(input) { return true }
    // In bfloat16 values are stored so, and norms pass over them.
    let stored = OperandFormats(inputs: [.bfloat16], output: .bfloat16)
    if op.storing(stored, inputs: [input]) != nil { return false }
    if Winograd.supports(op, input) { return true }
    guard op.kernel == 1, op.stride == 1, op.padding == 0, op.groups == 1 else { return false }
    // Each chunk has a partial sum of the weights' gradient: pixels must be many, weights few.
    let pixels = PixelChunks(input).pixels(0).count
    let weights = input.channels * output.channels
    return pixels * (input.channels + output.channels) >= 2 * weights
  }

  func isWinograd(_ input: Shape) -> Bool { Winograd.supports(convolution, input) }

  /// This convolution of the input after a norm.
  func normalizingInput(_ norm: BatchNormOp, isSummed: Bool) -> NormalizedConvolutionOp {
    var fused = self
    fused.inputNorm = norm
    fused.isInputSummed = isSummed
    return fused
  }

  /// This convolution with a norm that reads its output.
  func normalizedAfter(_ activation: Activation, isTraining: Bool) -> NormalizedConvolutionOp {
    var fused = self
    fused.outputNorm = (activation, isTraining)
    return fused
  }

  package var details: String {
    let norm = inputNorm.map { ["norm", $0.details, "+"] } ?? []
    return (norm + [convolution.details, outputNorm == nil ? "" : "+ sums"])
      .filter { !$0.isEmpty }.joined(separator: " ")
  }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    try convolution.outputShape(of: inputs)
  }

  package func retention(_ needs: GradientNeeds) -> Retention {
    let readsInput = inputNorm != nil || needs.parameters.first == true
    return Retention(inputs: readsInput ? [0] : [], output: outputNorm != nil)
  }

  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    guard inputNorm != nil else { return 0 }
    return NormMemory.rowCount(inputs[0].channels) + NormMemory.recordCount(inputs[0])
  }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int {
    convolution.multiplyAdds(inputs: inputs, output: output)
  }

  /// Values of depthwise convolutions are stored as bfloat16, with the norms around them.
  package func storing(_ formats: OperandFormats, inputs: [Shape]) -> (any Op)? {
    guard convolution.isDepthwise(inputs[0]), formats.areBFloat16,
      let stored = convolution.storing(formats, inputs: inputs) as? ConvolutionOp
    else { return nil }
    var op = self
    op.convolution = stored
    op.inputNorm = inputNorm?.storing(formats, inputs: inputs) as? BatchNormOp
    return op
  }

  package func storesGradients(_ needs: GradientNeeds, inputs: [Shape]) -> Bool {
    convolution.storesGradients(needs, inputs: inputs)
  }

  /// How the input and the output are stored, where either is so with its norm.
  private var format: NumberFormat { convolution.formats.output }

  /// How the convolution is computed.
  private enum Algorithm: Sendable {
    case depthwise
    case pointwise(Pointwise)
    case winograd(Winograd)
  }

  package func fitted(inputs: [Shape], output: Shape) -> NormalizedConvolutionOp {
    var fitted = self
    fitted.fittedAlgorithm = algorithm(inputs[0], output)
    return fitted
  }

  private func algorithm(_ x: Shape, _ y: Shape) -> Algorithm {
    if let fittedAlgorithm { return fittedAlgorithm }
    if convolution.isDepthwise(x) { return .depthwise }
    if Winograd.supports(convolution, x) { return .winograd(Winograd(convolution, x, y)) }
    return .pointwise(Pointwise(convolution, x, y))
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    switch algorithm(request.inputs[0], request.output) {
    case .depthwise: convolution.depthwiseWorkspaceCount(request)
    case .pointwise(let pointwise): pointwise.workspaceCount(request)
    case .winograd(let winograd): winograd.workspaceCount(request)
    }
  }

  package func preparedCount(_ request: WorkspaceRequest) -> Int {
    switch algorithm(request.inputs[0], request.output) {
    case .depthwise: 0
    case .pointwise(let pointwise): pointwise.panelCount(request)
    case .winograd(let winograd): winograd.filterCount(request)
    }
  }

  package func prepare(_ c: PrepareContext) {
    switch algorithm(c.request.inputs[0], c.request.output) {
    case .depthwise: break
    case .pointwise(let pointwise): pointwise.pack(c)
    case .winograd(let winograd): winograd.prepare(c, filters: c.prepared)
    }
  }

  package func forward(_ c: ForwardContext) {
    let input = inputMemory(c.auxiliary, c.inputShapes[0])
    if let input, let norm = inputNorm {
      let chunks = PixelChunks(c.inputShapes[0])
      if c.isTraining && !isInputSummed {
        norm.addStatistics(of: c.inputs[0], chunks, input, c.pool)
      }
      norm.fillRows(
        input, c.parameters, from: 1, chunks: c.isTraining ? chunks.count : nil)
    }
    let output = outputMemory(c.readersMemory, c.outputShape)
    let sums = outputNorm?.isTraining == true ? output : nil
    withNorm(input?.kernel(inputNorm?.activation ?? .linear, format)) { norm in
      switch algorithm(c.inputShapes[0], c.outputShape) {
      case .pointwise(let pointwise): pointwise.forward(c, norm: norm, sums: sums)
      case .winograd(let winograd):
        winograd.forward(c, filters: c.prepared, norm: norm, sums: sums)
      case .depthwise:
        convolution.depthwiseForward(c, weights: c.parameters[0], norm: norm, sums: sums)
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    let input = inputMemory(c.auxiliary, c.inputShapes[0])
    let output = outputMemory(c.readersMemory, c.outputShape)
    let inputKernel = input?.kernel(inputNorm?.activation ?? .linear, format)
    withNorm(inputKernel) { inputNorm in
      withNorm(output?.kernel(outputNorm?.activation ?? .linear)) { outputNorm in
        switch algorithm(c.inputShapes[0], c.outputShape) {
        case .depthwise:
          convolution.depthwiseGradient(
            c, inputNorm: inputNorm, outputNorm: outputNorm, sums: input)
        case .pointwise(let pointwise):
          pointwise.backward(c, inputNorm: inputNorm, outputNorm: outputNorm, sums: input)
        case .winograd(let winograd):
          winograd.backward(c, inputNorm: inputNorm, outputNorm: outputNorm, sums: input)
        }
      }
    }
    guard let input, let norm = inputNorm else { return }
    let shape = c.inputShapes[0]
    let chunks = PixelChunks(shape)
    norm.fillGradientRows(
      input, chunks: chunks.count, pixels: shape.elementCount / shape.channels,
      isTraining: c.isTraining, c.parameterGradients, from: 1)
    guard !isInputSummed, let slot = c.inputGradients[0] else { return }
    withNorm(inputKernel) { norm in
      c.pool.forEach(
        chunks.count, lending: c, slot, chunks, norm, format
      ) { chunk, _, c, slot, chunks, norm, format in
        let channels = c.inputShapes[0].channels
        let pixels = chunks.pixels(chunk)
        let at = pixels.lowerBound * channels
        let dx = slot.slice.address(at, format)
        graft_norm_data_gradient(
          norm?.pointer, c.inputs[0].address(at, format), dx, pixels.count, Int32(channels), 0, dx)
      }
    }
  }

  private func inputMemory(_ auxiliary: Slice, _ shape: Shape) -> NormMemory? {
    inputNorm == nil ? nil : NormMemory(auxiliary, shape: shape)
  }

  private func outputMemory(_ memory: Slice?, _ shape: Shape) -> NormMemory? {
    outputNorm == nil ? nil : memory.map { NormMemory($0, shape: shape) }
  }

  private func withNorm(_ norm: graft_norm?, _ body: (Lent<graft_norm>?) -> Void) {
    guard let norm else { return body(nil) }
    lend(norm) { body($0) }
  }
}
