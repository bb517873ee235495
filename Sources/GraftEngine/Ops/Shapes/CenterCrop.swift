import GraftBase
import GraftKernels

/// The middle of a map: [N, H, W, C] -> [N, H', W', C], H' ≤ H, W' ≤ W; of an odd margin the smaller
/// half lies above and to the left.
///
/// U-Net with unpadded convolutions crops the maps that it passes to the decoder (Ronneberger,
/// 2015).
package struct CenterCropOp: Op {
  package static let name = "center crop"
  package static var examples: [OpExample] {
    [
      OpExample(CenterCropOp(.exactly(Pair(3, 2))), inputs: [[2, 6, 5, 3]]),
      OpExample(CenterCropOp(.ofSecondInput), inputs: [[1, 5, 6, 2], [1, 3, 6, 4]]),
    ]
  }

  package let size: MapSize

  package init(_ size: MapSize) { self.size = size }

  package var details: String { size.text }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard size.fits(inputs) else {
      throw GraftError(.failed, "a crop takes maps [N, H, W, C], not \(inputs)")
    }
    let target = size.size(of: inputs)
    guard (1...inputs[0][1]).contains(target.y), (1...inputs[0][2]).contains(target.x) else {
      throw GraftError(.failed, "\(target) pixels cannot be cut out of \(inputs[0])")
    }
    return [inputs[0].batch, target.y, target.x, inputs[0].channels]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func forward(_ c: ForwardContext) {
    let rows = c.outputShape.batch * c.outputShape[1]
    c.pool.forEachRange(of: rows, step: 16, lending: c) { rows, _, c in
      let count = c.outputShape[2] * c.outputShape[3]
      for row in rows {
        let from = Self.start(ofRow: row, c.inputShapes[0], c.outputShape)
        c.output.part(row * count, count: count).copy(from: c.inputs[0].part(from, count: count))
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    if size == .ofSecondInput { c.inputGradients[1]?.startAtZero(c.pool) }
    guard let slot = c.inputGradients[0] else { return }
    slot.startAtZero(c.pool)
    let rows = c.outputShape.batch * c.outputShape[1]
    c.pool.forEachRange(of: rows, step: 16, lending: c, slot) { rows, _, c, slot in
      let count = c.outputShape[2] * c.outputShape[3]
      for row in rows {
        graft_copy(
          c.outputGradient.pointer + row * count, count, slot.flag,
          slot.slice.pointer + Self.start(ofRow: row, c.inputShapes[0], c.outputShape))
      }
    }
  }

  /// The position in the input of the first value of a row of all images' results.
  private static func start(ofRow row: Int, _ x: Shape, _ y: Shape) -> Int {
    let (image, line) = (row / y[1], row % y[1])
    let (top, left) = ((x[1] - y[1]) / 2, (x[2] - y[2]) / 2)
    return ((image * x[1] + top + line) * x[2] + left) * x[3]
  }
}

extension CenterCropOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    let (size, room) = (c.outputShape, c.inputShapes[0])
    let (top, left) = ((room[1] - size[1]) / 2, (room[2] - size[2]) / 2)
    let operands = [
      c.add(integers: [top, left], "starts"),
      c.add(integers: [top + size[1], left + size[2]], "ends"), c.add(integers: [2, 3], "axes"),
    ]
    return c.add("Slice", [c.inputs[0]] + operands)
  }
}
