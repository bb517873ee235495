import GraftBase
import GraftKernels

/// Scaled dot-product attention of several heads among all pixels of an image (Vaswani et al., 2017):
/// [N, H, W, 3C] -> [N, H, W, C].
///
/// A pixel has the queries of all heads, then the keys, then the values, as torch has them. It is computed
/// head by head on some queries at a time, whose scores stay in cache: there is no matrix of all pairs of
/// pixels. Backward computes them again from the logarithms of their sums (Dao et al., 2022).
package struct AttentionOp: Op {
  package static let name = "attention"
  package static var examples: [OpExample] {
    [
      OpExample(AttentionOp(heads: 2), inputs: [[2, 5, 1, 24]]),
      OpExample(AttentionOp(heads: 3), inputs: [[1, 37, 1, 45]]),
      OpExample(AttentionOp(heads: 1), inputs: [[2, 3, 7, 48]]),
    ]
  }

  package let heads: Int

  package init(heads: Int) {
    precondition(heads > 0, "attention without heads")
    self.heads = heads
  }

  package var details: String { "\(heads) heads" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard x.rank == 4, x.channels % (3 * heads) == 0 else {
      throw GraftError(
        .failed,
        "attention of \(heads) heads takes [N, H, W, 3C] with C a multiple of \(heads), "
          + "not \(x)")
    }
    return Shape(x.dimensions.dropLast() + [x.channels / 3])
  }

  package func retention(_ needs: GradientNeeds) -> Retention { Retention(inputs: [0]) }

  /// The logarithm of each query's sum.
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    output.batch * heads * output.pixels
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    request.threads
      * graft_attention_scratch(
        Int32(request.output.pixels), Int32(request.output.channels / heads),
        request.backward == nil ? 0 : 1)
  }

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int {
    2 * output.elementCount * output.pixels
  }

  package var window: Window { .everything }

  package func forward(_ c: ForwardContext) {
    let parts = parts(of: c.outputShape)
    c.pool.forEach(
      c.outputShape.batch * heads * parts, lending: self, c, parts
    ) { index, worker, op, c, parts in
      let (image, head) = (index / parts / op.heads, index / parts % op.heads)
      let tokens = c.outputShape.pixels
      let (first, end) = (index % parts * tokens / parts, (index % parts + 1) * tokens / parts)
      let logs = (image * op.heads + head) * tokens
      let count = c.outputShape.channels * tokens
      var attention = op.attention(c.outputShape)
      graft_attention_forward(
        &attention, c.inputs[0].pointer + 3 * image * count, Int32(head), Int32(first),
        Int32(end - first), c.auxiliary.count > 0 ? c.auxiliary.pointer + logs : nil,
        c.output.pointer + image * count, op.scratch(c.workspace, worker, c.pool))
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEach(
      c.outputShape.batch * heads, lending: self, c, slot
    ) { index, worker, op, c, slot in
      let (image, head) = (index / op.heads, index % op.heads)
      let tokens = c.outputShape.pixels
      let count = c.outputShape.channels * tokens
      var attention = op.attention(c.outputShape)
      graft_attention_gradient(
        &attention, c.inputs[0].pointer + 3 * image * count, Int32(head),
        c.auxiliary.pointer + index * tokens, c.outputGradient.pointer + image * count, slot.flag,
        slot.slice.pointer + 3 * image * count, nil, nil, nil,
        op.scratch(c.workspace, worker, c.pool))
    }
  }

  /// Into how many tasks the queries of a head are cut where heads are few: each task packs all keys
  /// again.
  private func parts(of shape: Shape) -> Int {
    let tasks = shape.batch * heads
    return max(1, min(shape.pixels / 48, (32 + tasks - 1) / tasks))
  }

  private func attention(_ shape: Shape) -> graft_attention {
    var attention = graft_attention()
    attention.tokens = Int32(shape.pixels)
    attention.depth = Int32(shape.channels / heads)
    attention.width = Int32(shape.channels)
    attention.scale = 1 / Float(shape.channels / heads).squareRoot()
    return attention
  }

  private func scratch(
    _ workspace: Slice, _ worker: Int, _ pool: ThreadPool
  ) -> UnsafeMutablePointer<Float> {
    workspace.pointer + worker * (workspace.count / pool.threadCount)
  }
}

extension AttentionOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let depth = c.outputShape.channels / heads
    let parts = c.attentionParts(c.inputs[0], heads: heads, depth: depth)
    let scale = c.add(number: 1 / Float(depth).squareRoot(), "scale")
    let scores = c.add("MatMul", [c.transposed(parts[0]), parts[1]])
    let shares = c.add("Softmax", [c.add("Mul", [scores, scale])], [("axis", .integer(-1))])
    // [N, heads, D, T]: each value's channels, weighted by each query's shares.
    let result = c.add("MatMul", [parts[2], c.transposed(shares)])
    let shape = [0, c.outputShape.channels, c.outputShape[1], c.outputShape[2]]
    return c.add("Reshape", [result, c.add(integers: shape, "shape")])
  }
}

extension ExchangeContext {
  /// Queries, keys and values of [N, 3C, H, W], each [N, heads, D, T].
  fileprivate mutating func attentionParts(_ x: String, heads: Int, depth: Int) -> [String] {
    (0..<3).map { part in
      let width = heads * depth
      let operands = [
        add(integers: [part * width], "starts"), add(integers: [(part + 1) * width], "ends"),
        add(integers: [1], "axes"),
      ]
      let channels = add("Slice", [x] + operands)
      return add("Reshape", [channels, add(integers: [0, heads, depth, -1], "heads")])
    }
  }

  /// The last two of four axes exchanged.
  fileprivate mutating func transposed(_ x: String) -> String {
    add("Transpose", [x], [("perm", .integers([0, 1, 3, 2]))])
  }
}
