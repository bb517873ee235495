import GraftBase
import GraftKernels

/// The four pixels of each 2×2 square as the channels of one, column by column (Liu et al., 2021):
/// [N, H, W, C] -> [N, ceil(H / 2), ceil(W / 2), 4C].
///
/// Pixels beyond the map are zero.
package struct PatchMergingOp: Op {
  package static let name = "patch merging"
  package static var examples: [OpExample] {
    [
      OpExample(PatchMergingOp(), inputs: [[2, 4, 6, 3]]),
      OpExample(PatchMergingOp(), inputs: [[2, 5, 3, 2]]),
    ]
  }

  package init() {}

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard x.rank == 4 else {
      throw GraftError(.failed, "patches of [N, H, W, C] can be merged, not of \(x)")
    }
    return [x[0], (x[1] + 1) / 2, (x[2] + 1) / 2, 4 * x[3]]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func forward(_ c: ForwardContext) {
    c.pool.forEach(c.outputShape[0] * c.outputShape[1], lending: c) { row, _, c in
      Self.forEachPixel(ofRow: row, c.inputShapes[0], c.outputShape) { from, to, channels in
        let y = c.output.part(to, count: channels)
        if let from {
          y.copy(from: c.inputs[0].part(from, count: channels))
        } else {
          y.fill(0)
        }
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEach(c.outputShape[0] * c.outputShape[1], lending: c, slot) { row, _, c, slot in
      Self.forEachPixel(ofRow: row, c.inputShapes[0], c.outputShape) { from, to, channels in
        guard let from else { return }
        graft_copy(
          c.outputGradient.pointer + to, channels, slot.flag, slot.slice.pointer + from)
      }
    }
  }

  /// The pixels of one row of the result: where they are in the input, nil beyond it, and in the result.
  private static func forEachPixel(
    ofRow row: Int, _ x: Shape, _ y: Shape,
    _ body: (_ from: Int?, _ to: Int, _ channels: Int) -> Void
  ) {
    let (image, line) = (row / y[1], row % y[1])
    for column in 0..<y[2] {
      for part in 0..<4 {
        let (a, b) = (2 * line + part % 2, 2 * column + part / 2)
        let from = a < x[1] && b < x[2] ? ((image * x[1] + a) * x[2] + b) * x[3] : nil
        body(from, ((row * y[2] + column) * 4 + part) * x[3], x[3])
      }
    }
  }
}

extension PatchMergingOp {
  package var window: Window { Window(2, stride: 2, roundsUp: true) }

  package func export(_ c: inout ExchangeContext) throws -> String {
    let (x, y) = (c.inputShapes[0], c.outputShape)
    var map = c.inputs[0]
    let missing = (2 * y[1] - x[1], 2 * y[2] - x[2])
    if missing.0 + missing.1 > 0 {
      map = c.add(
        "Pad", [map, c.add(integers: [0, 0, 0, 0, 0, 0, missing.0, missing.1], "pads")])
    }
    let parts = (0..<4).map { part in
      let operands = [
        c.add(integers: [part % 2, part / 2], "starts"),
        c.add(integers: [Int(Int32.max), Int(Int32.max)], "ends"),
        c.add(integers: [2, 3], "axes"), c.add(integers: [2, 2], "steps"),
      ]
      return c.add("Slice", [map] + operands)
    }
    return c.add("Concat", parts, [("axis", .integer(1))])
  }
}
