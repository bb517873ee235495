import GraftBase
import GraftKernels

/// The pixels of each square of `size` × `size` as the channels of one: [N, H, W, C] ->
/// [N, H / size, W / size, size² · C].
///
/// A linear layer after it is a convolution whose kernel is its stride. Squares that a side does not
/// divide evenly into are an error, since the last pixels would count for nothing.
package struct PatchesOp: Op {
  package static let name = "patches"
  package static var examples: [OpExample] {
    [
      OpExample(PatchesOp(size: 2), inputs: [[2, 4, 6, 3]]),
      OpExample(PatchesOp(size: 5), inputs: [[3, 5, 10, 1]]),
    ]
  }

  package let size: Int

  package init(size: Int) {
    precondition(size > 0, "patches of no pixels")
    self.size = size
  }

  package var details: String { "\(size)×\(size)" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard x.rank == 4, x[1] % size == 0, x[2] % size == 0, x.pixels > 0 else {
      throw GraftError(
        .failed, "\(x) cannot be cut into patches of \(size)×\(size) pixels",
        help: "choose a size= that is a multiple of \(size)")
    }
    return [x[0], x[1] / size, x[2] / size, size * size * x.channels]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func forward(_ c: ForwardContext) {
    c.pool.forEach(
      c.outputShape[0] * c.outputShape[1], lending: c, size
    ) { row, _, c, size in
      Self.forEachLine(ofRow: row, c.inputShapes[0], size) { from, to, count in
        c.output.part(to, count: count).copy(from: c.inputs[0].part(from, count: count))
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEach(
      c.outputShape[0] * c.outputShape[1], lending: c, slot, size
    ) { row, _, c, slot, size in
      Self.forEachLine(ofRow: row, c.inputShapes[0], size) { from, to, count in
        graft_copy(
          c.outputGradient.pointer + to, count, slot.flag, slot.slice.pointer + from)
      }
    }
  }

  /// The lines of the patches in one row of the result: where they begin in the image and in the result.
  private static func forEachLine(
    ofRow row: Int, _ x: Shape, _ size: Int, _ body: (_ from: Int, _ to: Int, _ count: Int) -> Void
  ) {
    let line = size * x.channels
    let columns = x[2] / size
    for column in 0..<columns {
      for y in 0..<size {
        body(
          ((row * size + y) * x[2] + column * size) * x.channels,
          ((row * columns + column) * size + y) * line, line)
      }
    }
  }
}

extension PatchesOp {
  package var window: Window { Window(Pair(size), stride: Pair(size)) }

  /// In torch's order of a convolution's weights, channels before pixels, which the linear layer after it
  /// follows.
  package func export(_ c: inout ExchangeContext) throws -> String {
    let (x, y) = (c.inputShapes[0], c.outputShape)
    let cut = c.add(
      "Reshape",
      [c.inputs[0], c.add(integers: [0, x.channels, y[1], size, y[2], size], "squares")])
    let turned = c.add("Transpose", [cut], [("perm", .integers([0, 1, 3, 5, 2, 4]))])
    return c.add(
      "Reshape", [turned, c.add(integers: [0, y.channels, y[1], y[2]], "shape")])
  }
}
