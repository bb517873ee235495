import GraftBase
import GraftKernels

/// What windows with moved taps read: [N, H, W, C] and offsets [N, H', W', G·KH·KW·2] (rows, then
/// columns, of each tap) -> [N, H', W', KH·KW·C], between pixels bilinearly, 0 outside.
///
/// A 1×1 convolution of it is deformable convolution (Dai, 2017); with a mask [N, H', W', G·KH·KW]
/// as third input that multiplies, the second version (Zhu, 2019). G groups of channels are moved
/// alike.
package struct DeformableReadOp: Op {
  package static let name = "deformable read"
  package static var examples: [OpExample] {
    [
      OpExample(
        DeformableReadOp(kernel: 3, padding: 1), inputs: [[2, 5, 4, 3], [2, 5, 4, 18]],
        hasKinks: true),
      OpExample(
        DeformableReadOp(kernel: Pair(2, 3), stride: 2, padding: 1, dilation: 2, groups: 2),
        inputs: [[1, 6, 7, 4], [1, 3, 3, 24], [1, 3, 3, 12]], hasKinks: true),
    ]
  }

  package let kernel: Pair
  package let stride: Pair
  package let padding: Pair
  package let dilation: Pair
  package let groups: Int

  package init(
    kernel: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: Int = 1
  ) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  private var taps: Int { kernel.y * kernel.x }

  package var details: String {
    "\(kernel.y)×\(kernel.x)\(stride == 1 ? "" : " stride \(stride)")"
      + (groups == 1 ? "" : " groups \(groups)")
  }

  /// Where nothing is moved.
  package var window: Window {
    Window(kernel, stride: stride, padding: padding, dilation: dilation)
  }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    let x = inputs[0]
    guard window.fits(x) else {
      throw GraftError(.failed, "a \(kernel.y)×\(kernel.x) window does not fit into \(x)")
    }
    guard x.channels % groups == 0 else {
      throw GraftError(.failed, "\(groups) groups do not divide the \(x.channels) channels of \(x)")
    }
    let count = window.count(in: x)
    let wanted = [2, 1].map { Shape([x[0], count.y, count.x, $0 * groups * taps]) }
    for (input, shape) in zip(inputs.dropFirst(), wanted) where input != shape {
      throw GraftError(
        .failed,
        "offsets and masks of these windows are \(wanted[0]) and \(wanted[1]), not \(input)")
    }
    return [x[0], count.y, count.x, taps * x.channels]
  }

  /// All inputs: the image and the offsets, and the mask where there is one.
  package func retention(_ needs: GradientNeeds) -> Retention {
    Retention(inputs: Set(needs.inputs.indices))
  }

  package func forward(_ c: ForwardContext) {
    let chunks = PixelChunks(c.outputShape)
    lend(geometry(c.inputShapes[0], c.outputShape)) { shape in
      c.pool.forEach(chunks.count, lending: c, shape, chunks) { task, _, c, shape, chunks in
        let (images, rows) = chunks.part(task)
        for image in images {
          let (x, offsets, mask) = Self.operands(c.inputs, image, of: c.outputShape.batch)
          graft_deformable_read(
            shape.pointer, x, offsets, mask, Int32(rows.lowerBound), Int32(rows.upperBound),
            c.output.pointer + image * (c.output.count / c.outputShape.batch))
        }
      }
    }
  }

  package func backward(_ c: BackwardContext) {
    lend(geometry(c.inputShapes[0], c.outputShape)) { shape in
      c.pool.forEach(c.outputShape.batch, lending: c, shape) { image, _, c, shape in
        let batch = c.outputShape.batch
        let (x, offsets, mask) = Self.operands(c.inputs, image, of: batch)
        func gradient(_ place: Int) -> UnsafeMutablePointer<Float>? {
          guard place < c.inputGradients.count, let slot = c.inputGradients[place] else {
            return nil
          }
          return slot.slice.pointer + image * (slot.slice.count / batch)
        }
        func adds(_ place: Int) -> Int32 {
          place < c.inputGradients.count ? c.inputGradients[place]?.flag ?? 0 : 0
        }
        var gradients = graft_deformable_gradients(
          x: gradient(0), offsets: gradient(1), mask: gradient(2), adds_x: adds(0),
          adds_offsets: adds(1), adds_mask: adds(2))
        graft_deformable_gradient(
          shape.pointer, x, offsets, mask,
          c.outputGradient.pointer + image * (c.outputGradient.count / batch), &gradients)
      }
    }
  }

  /// The parts of one image; the mask is nil where there is none.
  private static func operands(
    _ inputs: [Slice], _ image: Int, of batch: Int
  ) -> (UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>?) {
    func part(_ place: Int) -> UnsafePointer<Float> {
      UnsafePointer(inputs[place].pointer + image * (inputs[place].count / batch))
    }
    return (part(0), part(1), inputs.count > 2 ? part(2) : nil)
  }

  private func geometry(_ x: Shape, _ y: Shape) -> graft_deformable {
    graft_deformable(
      in_h: Int32(x[1]), in_w: Int32(x[2]), channels: Int32(x[3]), out_h: Int32(y[1]),
      out_w: Int32(y[2]), kernel_h: Int32(kernel.y), kernel_w: Int32(kernel.x),
      stride_y: Int32(stride.y), stride_x: Int32(stride.x), pad_y: Int32(padding.y),
      pad_x: Int32(padding.x), dilation_y: Int32(dilation.y), dilation_x: Int32(dilation.x),
      groups: Int32(groups))
  }
}
