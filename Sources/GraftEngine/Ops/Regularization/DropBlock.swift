import GraftBase
import GraftKernels

/// Drops square regions of feature maps at random and scales the rest, in training only
/// (Ghiasi et al., 2018): [N, H, W, C] -> [N, H, W, C].
///
/// Each channel of each image has its own mask. A block of `size` x `size` pixels starts wherever it
/// fits in full with probability gamma = rate · H·W / size² / ((H - size + 1)(W - size + 1)), so that
/// about a share `rate` is dropped; blocks may overlap. What is left grows by the number of values
/// over the number of those kept, counted over the batch. Where a map is smaller, its smaller side
/// is the size. The mask is a pure function of seed, step and node.
package struct DropBlockOp: Op {
  package static let name = "drop block"
  package static var examples: [OpExample] {
    [
      OpExample(DropBlockOp(rate: 0.4, size: 3), inputs: [[2, 6, 5, 7]], isTraining: true),
      OpExample(DropBlockOp(rate: 0.3, size: 7), inputs: [[3, 4, 4, 2]], isTraining: true),
      OpExample(DropBlockOp(rate: 0.4, size: 3), inputs: [[2, 6, 5, 7]], isTraining: false),
    ]
  }

  package let rate: Float
  package let size: Int

  package init(rate: Float, size: Int) {
    precondition(rate >= 0 && rate < 1, "a dropout rate lies in 0 ..< 1")
    precondition(size > 0, "a block has at least one pixel")
    self.rate = rate
    self.size = size
  }

  package var details: String { "\(rate) in blocks of \(size)×\(size)" }

  package var isRandom: Bool { true }

  package var gradientInPlace: Int? { 0 }

  package func outputShape(of inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank == 4 else {
      throw GraftError(.failed, "DropBlock takes [N, H, W, C], not \(inputs[0])")
    }
    return inputs[0]
  }

  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  /// The factor of every value, then the number of values that each image keeps.
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    output.elementCount + output.batch
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    request.backward == nil
      ? auxiliaryCount(inputs: request.inputs, output: request.output) : 0
  }

  package func forward(_ c: ForwardContext) {
    guard c.isTraining, rate > 0 else { return pass(c.inputs[0], to: c.output, false, c.pool) }
    let shape = c.outputShape
    let memory = c.auxiliary.count > 0 ? c.auxiliary : c.workspace
    let mask = memory.part(0, count: shape.elementCount)
    let kept = memory.part(shape.elementCount, count: shape.batch)
    let blocks = BlockMask(shape, rate: rate, size: size, random: c.random)
    let length = shape.elementCount / max(1, shape.batch)
    c.pool.forEach(shape.batch, lending: blocks, mask, kept, length) {
      image, _, blocks, mask, kept, length in
      let own = mask.part(image * length, count: length)
      blocks.draw(image, into: own)
      kept.pointer[image] = Float(own.buffer.count { $0 != 0 })
    }
    let sum = kept.buffer.reduce(0.0) { $0 + Double($1) }
    let factor = sum > 0 ? Float(Double(shape.elementCount) / sum) : 0
    c.pool.forEachRange(of: c.output.count, lending: c, mask, factor) { range, _, c, mask, factor in
      let part = mask.pointer + range.lowerBound
      graft_scale(part, factor, range.count, 0, part)
      graft_multiply(
        c.inputs[0].pointer + range.lowerBound, part, range.count, 0,
        c.output.pointer + range.lowerBound)
    }
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    guard c.isTraining, rate > 0 else {
      return pass(c.outputGradient, to: slot.slice, slot.accumulates, c.pool)
    }
    c.pool.forEachRange(of: c.outputGradient.count, lending: c, slot) { range, _, c, slot in
      graft_multiply(
        c.outputGradient.pointer + range.lowerBound, c.auxiliary.pointer + range.lowerBound,
        range.count, slot.flag, slot.slice.pointer + range.lowerBound)
    }
  }
}

extension DropBlockOp {
  package var denseForm: DenseForm { .nothing }

  package func export(_ c: inout ExchangeContext) throws -> String { c.inputs[0] }
}

/// Where the blocks of a batch start, and the values that they keep.
private struct BlockMask: Sendable {
  private let shape: Shape
  private let size: Int
  /// The number of positions where a block can start, down and across.
  private let rows: Int
  private let columns: Int
  private let threshold: UInt64
  private let key: SIMD2<UInt32>
  private let random: RandomAddress

  init(_ shape: Shape, rate: Float, size: Int, random: RandomAddress) {
    self.shape = shape
    self.size = min(size, shape[1], shape[2])
    self.random = random
    rows = shape[1] - self.size + 1
    columns = shape[2] - self.size + 1
    let blocks = Double(shape.pixels) / Double(self.size * self.size)
    let gamma = min(1, Double(rate) * blocks / Double(rows * columns))
    threshold = UInt64(gamma * 0x1p32)
    let seed = random.seed
    key = SIMD2(
      UInt32(truncatingIfNeeded: seed ^ seed >> 32), RandomStream.Purpose.dropout.rawValue)
  }

  /// Writes an image's mask, [H, W, C]: 0 inside a block, 1 elsewhere.
  func draw(_ image: Int, into mask: Slice) {
    mask.fill(1)
    let channels = shape.channels
    for y in 0..<rows {
      for x in 0..<columns {
        for first in stride(from: 0, to: channels, by: 4) {
          let place = ((image * rows + y) * columns + x) * ((channels + 3) / 4) + first / 4
          let bits = Philox.block(
            key: key,
            counter: SIMD4(
              UInt32(truncatingIfNeeded: random.step), UInt32(truncatingIfNeeded: random.node),
              UInt32(truncatingIfNeeded: place), 0))
          for lane in 0..<min(4, channels - first) where UInt64(bits[lane]) < threshold {
            drop(y, x, first + lane, mask)
          }
        }
      }
    }
  }

  private func drop(_ top: Int, _ left: Int, _ channel: Int, _ mask: Slice) {
    for y in top..<(top + size) {
      for x in left..<(left + size) {
        mask.pointer[(y * shape[2] + x) * shape.channels + channel] = 0
      }
    }
  }
}
