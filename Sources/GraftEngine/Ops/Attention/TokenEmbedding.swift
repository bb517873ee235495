import GraftBase
import GraftKernels

/// The pixels of a map as tokens, after tokens of their own, with a learned embedding of each position
/// (Dosovitskiy et al., 2020): [N, h, w, C] -> [N, prefix + h·w, 1, C].
///
/// Parameters: a class token [1, 1, C] and, where there are, registers [1, R, C] (Darcet et al., 2023), then the
/// embeddings [1, positions, C] of a square map of `side` pixels, after those of the prefix where it
/// has them. For a map of another size they are resampled: bicubic with antialiasing (a = -0.5), as timm
/// does.
package struct TokenEmbeddingOp: Op {
  package static let name = "token embedding"
  package static var examples: [OpExample] {
    [
      OpExample(
        TokenEmbeddingOp(side: 3, registers: 0, embedsPrefix: true), inputs: [[2, 3, 3, 5]],
        parameters: [[1, 1, 5], [1, 10, 5]]),
      OpExample(
        TokenEmbeddingOp(side: 5, registers: 2, embedsPrefix: false), inputs: [[2, 2, 3, 4]],
        parameters: [[1, 1, 4], [1, 2, 4], [1, 25, 4]]),
      OpExample(
        TokenEmbeddingOp(side: 2, registers: 0, embedsPrefix: true), inputs: [[3, 3, 4, 7]],
        parameters: [[1, 1, 7], [1, 5, 7]]),
    ]
  }

  /// Width and height of the map that the embeddings are for.
  package let side: Int
  package let registers: Int
  /// Whether the class token and the registers have positions too.
  package let embedsPrefix: Bool
  /// Set once the shapes are known.
  private var fittedSampling: EmbeddingSampling?

  package init(side: Int, registers: Int, embedsPrefix: Bool) {
    self.side = side
    self.registers = registers
    self.embedsPrefix = embedsPrefix
  }

  /// Tokens before the map's.
  package var prefix: Int { 1 + registers }
  /// Rows of the embeddings.
  package var positions: Int { side * side + (embedsPrefix ? prefix : 0) }

  package var details: String { "\(prefix) + \(side)×\(side)" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank == 4 else {
      throw GraftError(.failed, "tokens are made of a map [N, H, W, C], not of \(inputs[0])")
    }
    return [inputs[0].batch, prefix + inputs[0].pixels, 1, inputs[0].channels]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func fitted(inputs: [Shape], output: Shape) -> TokenEmbeddingOp {
    var fitted = self
    fitted.fittedSampling = EmbeddingSampling(side: side, height: inputs[0][1], width: inputs[0][2])
    return fitted
  }

  private func sampling(_ x: Shape) -> EmbeddingSampling {
    fittedSampling ?? EmbeddingSampling(side: side, height: x[1], width: x[2])
  }

  /// The summand of each token, as the output has them; they stay until a parameter changes.
  package func preparedCount(_ request: WorkspaceRequest) -> Int {
    request.backward == nil ? request.output.elementCount / request.output.batch : 0
  }

  package func prepare(_ c: PrepareContext) {
    guard c.prepared.count > 0 else { return }
    let channels = c.request.output.channels
    let embeddings = c.parameters[c.parameters.count - 1]
    for token in 0..<prefix {
      let own = token == 0 ? c.parameters[0] : c.parameters[1]
      let row = token == 0 ? 0 : token - 1
      let y = c.prepared.part(token * channels, count: channels)
      y.copy(from: own.part(row * channels, count: channels))
      if embedsPrefix {
        graft_copy(embeddings.pointer + token * channels, channels, 1, y.pointer)
      }
    }
    let first = embedsPrefix ? prefix : 0
    sampling(c.request.inputs[0]).resample(
      embeddings.suffix(from: first * channels), channels,
      to: c.prepared.suffix(from: prefix * channels))
  }

  /// Gradients of the tokens, summed over images.
  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    request.backward?.parameters.contains(true) == true
      ? request.output.elementCount / request.output.batch : 0
  }

  package func forward(_ c: ForwardContext) {
    c.pool.forEach(c.outputShape.batch, lending: c, prefix) { image, _, c, prefix in
      let channels = c.outputShape.channels
      let count = c.outputShape.elementCount / c.outputShape.batch
      let y = c.output.part(image * count, count: count)
      y.part(0, count: prefix * channels).copy(
        from: c.prepared.part(0, count: prefix * channels))
      let own = count - prefix * channels
      graft_add(
        c.inputs[0].pointer + image * own, c.prepared.pointer + prefix * channels, own,
        y.pointer + prefix * channels)
    }
  }

  package func backward(_ c: BackwardContext) {
    let channels = c.outputShape.channels
    let count = c.outputShape.elementCount / c.outputShape.batch
    if let slot = c.inputGradients[0] {
      c.pool.forEach(c.outputShape.batch, lending: c, slot, prefix) { image, _, c, slot, prefix in
        let count = c.outputShape.elementCount / c.outputShape.batch
        let before = prefix * c.outputShape.channels
        graft_copy(
          c.outputGradient.pointer + image * count + before, count - before, slot.flag,
          slot.slice.pointer + image * (count - before))
      }
    }
    guard c.parameterGradients.contains(where: { $0 != nil }) else { return }
    c.pool.forEachRange(of: count, step: 4096, lending: c, count) { range, _, c, count in
      graft_sum_chunks(
        c.outputGradient.pointer, Int32(c.outputShape.batch), count, range.lowerBound,
        range.upperBound, c.workspace.pointer, 0)
    }
    let sums = c.workspace
    if let slot = c.parameterGradients[0] {
      graft_copy(sums.pointer, channels, slot.flag, slot.slice.pointer)
    }
    if registers > 0, let slot = c.parameterGradients[1] {
      graft_copy(sums.pointer + channels, registers * channels, slot.flag, slot.slice.pointer)
    }
    if let slot = c.parameterGradients[c.parameterGradients.count - 1] {
      let before = prefix * channels
      if embedsPrefix { graft_copy(sums.pointer, before, slot.flag, slot.slice.pointer) }
      sampling(c.inputShapes[0]).gradient(
        sums.suffix(from: before), channels,
        to: GradientSlot(
          slot.slice.suffix(from: embedsPrefix ? before : 0), accumulates: slot.accumulates))
    }
  }
}

extension TokenEmbeddingOp {
  package var window: Window { .everything }

  package func export(_ c: inout ExchangeContext) throws -> String {
    let x = c.inputShapes[0]
    let (channels, pixels) = (x.channels, x.pixels)
    var embeddings = c.parameters[c.parameters.count - 1]
    var ofPrefix: String?
    if embedsPrefix {
      func rows(_ range: Range<Int>, _ c: inout ExchangeContext) -> String {
        c.add(
          "Slice",
          [
            embeddings, c.add(integers: [range.lowerBound], "starts"),
            c.add(integers: [range.upperBound], "ends"), c.add(integers: [1], "axes"),
          ])
      }
      ofPrefix = rows(0..<prefix, &c)
      embeddings = rows(prefix..<positions, &c)
    }
    let sampling = sampling(x)
    if !sampling.isIdentity {
      let weights = c.add(
        floats: sampling.matrix, shape: [pixels, side * side], "resampling")
      embeddings = c.add("MatMul", [weights, embeddings])
    }
    var first = c.parameters[0]
    if registers > 0 {
      first = c.add("Concat", [first, c.parameters[1]], [("axis", .integer(1))])
    }
    if let ofPrefix { first = c.add("Add", [first, ofPrefix]) }
    let flat = c.add("Reshape", [c.inputs[0], c.add(integers: [0, channels, -1], "flat")])
    let rows = c.add("Transpose", [flat], [("perm", .integers([0, 2, 1]))])
    let tokens = c.add("Add", [rows, embeddings])
    // The prefix for as many images as there are: a zero of each image, plus the prefix.
    let zero = c.add(
      "Mul",
      [
        c.add("ReduceMax", [rows], [("axes", .integers([1, 2])), ("keepdims", .integer(1))]),
        c.add(number: 0, "zero"),
      ])
    let joined = c.add(
      "Concat", [c.add("Add", [zero, first]), tokens], [("axis", .integer(1))])
    let columns = c.add("Transpose", [joined], [("perm", .integers([0, 2, 1]))])
    let shape = [0, channels, prefix + pixels, 1]
    return c.add("Reshape", [columns, c.add(integers: shape, "shape")])
  }
}
