import GraftBase
import GraftKernels

/// Puts values back to where maxima were: [N, h, w, C] and the image [N, H, W, C] that was pooled
/// -> [N, H, W, C], 0 elsewhere (Zeiler, 2011; torch's `MaxUnpool2d`).
///
/// The switches are found again in the image; values that several windows put into one pixel are
/// added up.
package struct UnpoolOp: Op {
  package static let name = "unpool"
  package static var examples: [OpExample] {
    [
      OpExample(
        UnpoolOp(kernel: 2, stride: 2), inputs: [[2, 2, 3, 3], [2, 5, 6, 3]],
        differentiable: [true, false]),
      OpExample(
        UnpoolOp(kernel: 3, stride: 2, padding: 1), inputs: [[1, 3, 3, 18], [1, 5, 6, 18]],
        differentiable: [true, false]),
    ]
  }

  private let pooling: PoolOp

  package init(kernel: Pair, stride: Pair, padding: Pair = 0) {
    pooling = PoolOp(.max, kernel: kernel, stride: stride, padding: padding)
  }

  package var details: String { pooling.details }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let pooled = try pooling.outputShape(of: [inputs[1]])
    guard inputs[0] == pooled else {
      throw GraftError(
        .failed, "pooling \(inputs[1]) gives \(pooled); \(inputs[0]) cannot be put back there")
    }
    return inputs[1]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  /// The switches, a byte each.
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    (inputs[0].elementCount + 3) / 4 + bufferSlack
  }

  /// The maxima, which are not needed; and, without a backward pass, the switches.
  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    guard request.backward == nil else { return 0 }
    return request.inputs[0].elementCount + bufferSlack
      + auxiliaryCount(inputs: request.inputs, output: request.output)
  }

  package func forward(_ c: ForwardContext) {
    lend(pooling.geometry(c.inputShapes[1], c.inputShapes[0])) { shape in
      // Two loops: a read of the last switches of an image extends into the next image's.
      c.pool.forEach(c.outputShape.batch, lending: c, shape) { image, _, c, shape in
        let pooled = c.inputs[0].count / c.outputShape.batch
        let whole = c.output.count / c.outputShape.batch
        graft_max_pool(
          shape.pointer, c.inputs[1].pointer + image * whole, 0, shape.pointer.pointee.out_h,
          c.workspace.pointer + image * pooled, Self.switches(c) + image * pooled)
      }
      c.pool.forEach(c.outputShape.batch, lending: c, shape) { image, _, c, shape in
        let pooled = c.inputs[0].count / c.outputShape.batch
        let whole = c.output.count / c.outputShape.batch
        graft_max_pool_gradient(
          shape.pointer, c.inputs[0].pointer + image * pooled, Self.switches(c) + image * pooled, 0,
          shape.pointer.pointee.in_h, 0, c.output.pointer + image * whole)
      }
    }
  }

  /// They are stored where backward finds them, or after the maxima.
  private static func switches(_ c: ForwardContext) -> UnsafeMutablePointer<UInt8> {
    let place =
      c.auxiliary.count > 0
      ? c.auxiliary.pointer : c.workspace.pointer + c.inputs[0].count + bufferSlack
    return place.asSwitches
  }

  package func backward(_ c: BackwardContext) {
    // The positions of maxima do not depend on the scale of the image's values.
    if let image = c.inputGradients[1], !image.accumulates { image.slice.fill(0) }
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEach(c.outputShape.batch, lending: c, slot, pooling) { image, _, c, slot, pooling in
      let (x, y) = (c.outputShape, c.inputShapes[0])
      let pooled = image * (slot.slice.count / x.batch)
      graft_unpool_gradient(
        Int32(x[2]), Int32(x[3]), Int32(y[1]), Int32(y[2]), Int32(pooling.kernel.x),
        Int32(pooling.stride.y), Int32(pooling.stride.x), Int32(pooling.padding.y),
        Int32(pooling.padding.x),
        c.outputGradient.pointer + image * (c.outputGradient.count / x.batch),
        c.auxiliary.pointer.asSwitches + pooled, slot.flag, slot.slice.pointer + pooled)
    }
  }
}
