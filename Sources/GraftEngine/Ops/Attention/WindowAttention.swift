import Foundation
import GraftBase
import GraftKernels

/// Attention within windows of a map, with a bias for each difference of positions (Liu et al., 2021):
/// [N, H, W, 3C] -> [N, H, W, C].
///
/// The input is the queries, keys and values without their bias, which is this op's first parameter [3C]: where
/// windows reach beyond the map, there are tokens of the bias alone. Windows may be shifted; tokens that
/// the shift makes neighbors see each other with a score lower by 100. A side that a window fills is not
/// shifted.
///
/// Further parameters: the biases [(2h - 1)(2w - 1), heads]; or, with cosine attention (Liu et al., 2022), the logarithm of the
/// scale [heads, 1, 1], and the network that gives the biases: [hidden, 2], [hidden], [heads, hidden].
package struct WindowAttentionOp: Op {
  package static let name = "window attention"
  package static var examples: [OpExample] {
    func example(_ op: WindowAttentionOp, _ input: Shape, hidden: Int = 6) -> OpExample {
      let biases: [Shape] =
        op.isCosine
        ? [[op.heads, 1, 1], [hidden, 2], [hidden], [op.heads, hidden]]
        : [[op.differences, op.heads]]
      return OpExample(
        op, inputs: [input], parameters: [[input.channels]] + biases, hasKinks: op.isCosine)
    }
    return [
      example(WindowAttentionOp(heads: 2, window: 3), [2, 6, 6, 24]),
      example(WindowAttentionOp(heads: 1, window: 3, shift: 1), [2, 5, 7, 15]),
      example(WindowAttentionOp(heads: 2, window: 4, shift: 2, isCosine: true), [1, 7, 8, 24]),
      example(
        WindowAttentionOp(heads: 1, window: Pair(3, 5), shift: 1, isCosine: true), [2, 2, 6, 12]),
    ]
  }

  package let heads: Int
  package let size: Pair
  package let shift: Pair
  package let isCosine: Bool

  package init(heads: Int, window: Pair, shift: Pair = 0, isCosine: Bool = false) {
    precondition(heads > 0 && window.y > 0 && window.x > 0, "windows without tokens")
    self.heads = heads
    size = window
    self.shift = shift
    self.isCosine = isCosine
  }

  package var details: String {
    "\(heads) heads, windows of \(size.y)×\(size.x)" + (shift == 0 ? "" : ", shifted by \(shift)")
  }

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

  var tokens: Int { size.y * size.x }
  var padded: Int { Int(graft_attention_padded(Int32(tokens))) }
  /// Biases of one head's pairs of tokens.
  var pairCount: Int { tokens * padded }
  /// Rows of the table of biases.
  var differences: Int { (2 * size.y - 1) * (2 * size.x - 1) }

  /// The windows of one image, rows and columns.
  func windowCount(_ shape: Shape) -> Pair {
    Pair((shape[1] + size.y - 1) / size.y, (shape[2] + size.x - 1) / size.x)
  }

  /// The logarithm of each query's sum: [N, windows, heads, T].
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    let count = windowCount(output)
    return output.batch * count.y * count.x * heads * tokens
  }

  package func preparedCount(_ request: WorkspaceRequest) -> Int {
    Prepared.count(self, channels: request.output.channels)
  }

  package func prepare(_ c: PrepareContext) {
    let parts = Prepared(c.prepared, self, channels: c.request.output.channels)
    let depth = c.request.output.channels / heads
    parts.bias.copy(from: c.parameters[0])
    for head in 0..<heads {
      parts.scales.pointer[head] =
        isCosine
        ? exp(min(c.parameters[1].pointer[head], Self.largestLogarithm))
        : 1 / Float(depth).squareRoot()
    }
    guard isCosine else {
      return graft_expand_position_bias(
        c.parameters[1].pointer, Int32(size.y), Int32(size.x), Int32(heads), parts.pairs.pointer)
    }
    // Keys have no bias: it would turn all of them the same way.
    parts.bias.part(c.request.output.channels, count: c.request.output.channels).fill(0)
    graft_position_network(
      c.parameters[2].pointer, c.parameters[3].pointer, c.parameters[4].pointer, Int32(size.y),
      Int32(size.x), Int32(c.parameters[3].count), Int32(heads), parts.table.pointer)
    graft_expand_position_bias(
      parts.table.pointer, Int32(size.y), Int32(size.x), Int32(heads), parts.pairs.pointer)
  }

  /// What depends on the parameters alone.
  struct Prepared {
    /// What scores are multiplied by [heads], the bias of the input [3C], the biases of all pairs
    /// [heads, T, P], and those of all differences where a network gives them.
    let scales, bias, pairs, table: Slice

    init(_ memory: Slice, _ op: WindowAttentionOp, channels: Int) {
      let pairs = op.heads * op.pairCount
      scales = memory.part(0, count: op.heads)
      bias = memory.part(op.heads, count: 3 * channels)
      self.pairs = memory.part(op.heads + 3 * channels, count: pairs)
      table = memory.suffix(from: op.heads + 3 * channels + pairs)
    }

    static func count(_ op: WindowAttentionOp, channels: Int) -> Int {
      op.heads + 3 * channels + op.heads * op.pairCount
        + (op.isCosine ? op.differences * op.heads : 0)
    }
  }

  /// A scale is at most 100.
  static let largestLogarithm = Float(log(100.0))

  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int {
    let count = windowCount(output)
    return 2 * output.batch * count.y * count.x * tokens * tokens * output.channels
  }
}
