import GraftBase
import GraftKernels

/// The Euclidean norm of each window, the root of the sum of squares: [N, H, W, C] ->
/// [N, (H - F)/S + 1, …, C], torch's `LPPool2d(2)`.
package struct L2PoolOp: Op {
  package static let name = "L2 pool"
  package static var examples: [OpExample] {
    [
      OpExample(L2PoolOp(kernel: 2, stride: 2), inputs: [[2, 5, 4, 3]]),
      OpExample(L2PoolOp(kernel: Pair(3, 2), stride: Pair(2, 1)), inputs: [[1, 7, 5, 17]]),
    ]
  }

  package let kernel: Pair
  package let stride: Pair

  package init(kernel: Pair, stride: Pair) {
    self.kernel = kernel
    self.stride = stride
  }

  package var details: String { "\(kernel)\(stride == 1 ? "" : " stride \(stride)")" }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard x.rank == 4, x[1] >= kernel.y, x[2] >= kernel.x else {
      throw GraftError(.failed, "a \(kernel) pooling window does not fit into \(x)")
    }
    return [x[0], (x[1] - kernel.y) / stride.y + 1, (x[2] - kernel.x) / stride.x + 1, x[3]]
  }

  package func retention(_ needs: GradientNeeds) -> Retention {
    Retention(inputs: [0], output: true)
  }

  package func forward(_ c: ForwardContext) {
    c.pool.forEach(c.outputShape.batch, lending: c, self) { image, _, c, op in
      let (x, y) = (c.inputShapes[0], c.outputShape)
      graft_l2_pool(
        Int32(x[2]), Int32(x[3]), Int32(y[1]), Int32(y[2]), Int32(op.kernel.y),
        Int32(op.kernel.x), Int32(op.stride.y), Int32(op.stride.x),
        c.inputs[0].pointer + image * (c.inputs[0].count / y.batch),
        c.output.pointer + image * (c.output.count / y.batch))
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEach(c.outputShape.batch, lending: c, slot, self) { image, _, c, slot, op in
      let (x, y) = (c.inputShapes[0], c.outputShape)
      let inputs = image * (slot.slice.count / y.batch)
      let outputs = image * (c.outputGradient.count / y.batch)
      graft_l2_pool_gradient(
        Int32(x[1]), Int32(x[2]), Int32(x[3]), Int32(y[1]), Int32(y[2]), Int32(op.kernel.y),
        Int32(op.kernel.x), Int32(op.stride.y), Int32(op.stride.x), c.inputs[0].pointer + inputs,
        c.output.pointer + outputs, c.outputGradient.pointer + outputs, slot.flag,
        slot.slice.pointer + inputs)
    }
  }
}
