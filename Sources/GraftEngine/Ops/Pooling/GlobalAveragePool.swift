import Foundation
import GraftBase
import GraftKernels

/// The mean of each channel over the image: [N, H, W, C] -> [N, C], or [N, 1, 1, C] where it stays a
/// image (Lin, 2013).
package struct GlobalAveragePoolOp: Op {
  package static let name = "global average pool"
  package static var examples: [OpExample] {
    [
      OpExample(GlobalAveragePoolOp(), inputs: [[3, 4, 5, 6]]),
      OpExample(GlobalAveragePoolOp(keepsPixel: true), inputs: [[2, 3, 2, 17]]),
    ]
  }

  package let keepsPixel: Bool
  /// How the input is stored; the output is float32.
  private var format = NumberFormat.float32

  package init(keepsPixel: Bool = false) { self.keepsPixel = keepsPixel }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank == 4 else {
      throw GraftError(.failed, "global pooling takes [N, H, W, C], not \(inputs[0])")
    }
    let (batch, channels) = (inputs[0].batch, inputs[0].channels)
    return keepsPixel ? [batch, 1, 1, channels] : [batch, channels]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func storing(_ formats: OperandFormats, inputs: [Shape]) -> (any Op)? {
    guard formats.inputs == [.bfloat16], formats.output == .float32 else { return nil }
    var stored = self
    stored.format = .bfloat16
    return stored
  }

  package func storesGradients(_ needs: GradientNeeds, inputs: [Shape]) -> Bool { true }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    guard format == .bfloat16, request.backward == nil else { return 0 }
    return request.threads * imageCount(request.inputs[0]) + bufferSlack
  }

  private func imageCount(_ x: Shape) -> Int { x.pixels * x.channels }

  package func forward(_ c: ForwardContext) {
    c.pool.forEach(c.outputShape.batch, lending: c, self) { image, worker, c, op in
      let pixels = c.inputShapes[0].pixels
      let channels = c.outputShape.channels
      let sum = c.output.pointer + image * channels
      let count = op.imageCount(c.inputShapes[0])
      var values = c.inputs[0].pointer + image * count
      if op.format == .bfloat16 {
        values = c.workspace.pointer + worker * count
        graft_widen(c.inputs[0].address(image * count, .bfloat16), count, values)
      }
      graft_column_sums(values, pixels, channels, sum)
      graft_scale(sum, 1 / Float(pixels), channels, 0, sum)
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    c.pool.forEach(c.outputShape.batch, lending: c, slot, format) { image, _, c, slot, format in
      let pixels = c.inputShapes[0].pixels
      let channels = c.outputShape.channels
      let dy = c.outputGradient.pointer + image * channels
      for pixel in 0..<pixels {
        let at = (image * pixels + pixel) * channels
        if format == .bfloat16 {
          slot.takeRounded(dy, times: 1 / Float(pixels), channels, at: at)
        } else {
          graft_scale(dy, 1 / Float(pixels), channels, slot.flag, slot.slice.pointer + at)
        }
      }
    }
  }
}

extension GradientSlot {
  /// Writes or adds `factor` times some numbers to a gradient stored as bfloat16, from its number `start` on.
  fileprivate func takeRounded(
    _ numbers: UnsafePointer<Float>, times factor: Float, _ count: Int, at start: Int
  ) {
    let to = slice.address(start, .bfloat16)
    if !accumulates { memset(to, 0, 2 * count) }
    graft_accumulate_narrowed(numbers, factor, count, to)
  }
}

extension GlobalAveragePoolOp {
  package var window: Window { .everything }

  package var denseForm: DenseForm { .pooling { PoolOp(.average, kernel: $0, stride: 1) } }

  package func export(_ c: inout ExchangeContext) throws -> String {
    let pooled = c.add("GlobalAveragePool")
    if keepsPixel { return pooled }
    return c.add("Flatten", [pooled], [("axis", .integer(1))])
  }
}
