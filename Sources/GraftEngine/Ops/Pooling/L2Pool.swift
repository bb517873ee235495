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

  package var window: Window { Window(kernel, stride: stride) }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard window.fits(x) else {
      throw GraftError(.failed, "a \(kernel) pooling window does not fit into \(x)")
    }
    let count = window.count(in: x)
    return [x[0], count.y, count.x, x[3]]
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

extension L2PoolOp {
  package func export(_ c: inout ExchangeContext) throws -> String {
    c.add(
      "LpPool", nil,
      [
        ("p", .integer(2)), ("kernel_shape", .integers([kernel.y, kernel.x])),
        ("strides", .integers([stride.y, stride.x])),
      ])
  }
}
