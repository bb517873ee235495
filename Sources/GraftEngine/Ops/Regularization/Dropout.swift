import GraftBase
import GraftKernels

/// Drops at random and scales the rest, in training only: any shape, single values (Srivastava, 2014),
/// whole channels of an image (Tompson, 2015), or whole images, which on a residual branch is
/// DropPath (Huang, 2016: stochastic depth; Larsson, 2016).
///
/// Each unit is dropped with probability `rate`, the others grow by 1/(1 - rate). The mask is a
/// pure function of seed, step and node.
package struct DropoutOp: Op {
  /// What is dropped as a unit.
  package enum Unit: Sendable {
    case value
    case channel
    case image
  }

  package static let name = "dropout"
  package static var examples: [OpExample] {
    [
      OpExample(DropoutOp(rate: 0.4), inputs: [[4, 30]], isTraining: true),
      OpExample(DropoutOp(rate: 0.4), inputs: [[4, 30]], isTraining: false),
      OpExample(DropoutOp(rate: 0.4, of: .channel), inputs: [[3, 4, 2, 7]], isTraining: true),
      OpExample(DropoutOp(rate: 0.4, of: .channel), inputs: [[3, 4, 2, 7]], isTraining: false),
      OpExample(DropoutOp(rate: 0.5, of: .image), inputs: [[7, 2, 3, 5]], isTraining: true),
      OpExample(DropoutOp(rate: 0.5, of: .image), inputs: [[7, 2, 3, 5]], isTraining: false),
    ]
  }

  package let rate: Float
  package let unit: Unit

  package init(rate: Float, of unit: Unit = .value) {
    precondition(rate >= 0 && rate < 1, "a dropout rate lies in 0 ..< 1")
    self.rate = rate
    self.unit = unit
  }

  package var details: String {
    switch unit {
    case .value: "\(rate)"
    case .channel: "\(rate) of channels"
    case .image: "\(rate) of images"
    }
  }

  package var isRandom: Bool { true }

  package var worksInPlace: Bool { true }
  package var gradientInPlace: Int? { 0 }

  package func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }
  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }

  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int {
    switch unit {
    case .value: output.elementCount
    case .channel: output.batch * output.channels
    case .image: output.batch
    }
  }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    request.backward == nil ? auxiliaryCount(inputs: request.inputs, output: request.output) : 0
  }

  package func forward(_ c: ForwardContext) {
    guard c.isTraining, rate > 0 else { return pass(c.inputs[0], to: c.output, false, c.pool) }
    let mask = c.auxiliary.count > 0 ? c.auxiliary : c.workspace
    c.pool.forEachRange(
      of: mask.count, lending: self, c.random, mask
    ) { range, _, op, random, mask in
      op.draw(range, of: mask, random)
    }
    apply(mask, to: c.inputs[0], c.outputShape, GradientSlot(c.output, accumulates: false), c.pool)
  }

  package func backward(_ c: BackwardContext) {
    guard let slot = c.inputGradients[0] else { return }
    guard c.isTraining, rate > 0 else {
      return pass(c.outputGradient, to: slot.slice, slot.accumulates, c.pool)
    }
    apply(c.auxiliary, to: c.outputGradient, c.outputShape, slot, c.pool)
  }

  /// One Philox block makes four of the mask's entries; ranges start at multiples of four.
  private func draw(_ range: Range<Int>, of mask: Slice, _ random: RandomAddress) {
    let seed = random.seed
    let key = SIMD2(
      UInt32(truncatingIfNeeded: seed ^ seed >> 32), RandomStream.Purpose.dropout.rawValue)
    let threshold = UInt32(Double(rate) * 0x1p32)
    for first in stride(from: range.lowerBound, to: range.upperBound, by: 4) {
      let bits = Philox.block(
        key: key,
        counter: SIMD4(
          UInt32(truncatingIfNeeded: random.step), UInt32(truncatingIfNeeded: random.node),
          UInt32(truncatingIfNeeded: first / 4), 0))
      for lane in 0..<min(4, range.upperBound - first) {
        mask.pointer[first + lane] = bits[lane] < threshold ? 0 : 1 / (1 - rate)
      }
    }
  }

  /// y (+)= x times its entry of the mask.
  private func apply(
    _ mask: Slice, to x: Slice, _ shape: Shape, _ y: GradientSlot, _ pool: ThreadPool
  ) {
    switch unit {
    case .value:
      pool.forEachRange(of: x.count, lending: mask, x, y) { range, _, mask, x, y in
        graft_multiply(
          x.pointer + range.lowerBound, mask.pointer + range.lowerBound, range.count, y.flag,
          y.slice.pointer + range.lowerBound)
      }
    case .channel:
      pool.forEach(shape.batch, lending: mask, x, shape, y) { image, _, mask, x, shape, y in
        let at = image * (x.count / shape.batch)
        graft_multiply_channels(
          x.pointer + at, mask.pointer + image * shape.channels,
          x.count / shape.batch / shape.channels, Int32(shape.channels), y.flag,
          y.slice.pointer + at)
      }
    case .image:
      pool.forEach(shape.batch, lending: mask, x, shape, y) { image, _, mask, x, shape, y in
        let count = x.count / shape.batch
        graft_scale(
          x.pointer + image * count, mask.pointer[image], count, y.flag,
          y.slice.pointer + image * count)
      }
    }
  }
}

extension DropoutOp {
  package var denseForm: DenseForm { .nothing }

  package func export(_ c: inout ExchangeContext) throws -> String { c.inputs[0] }
}

extension Op {
  /// Copies values that are not dropped, or adds them.
  func pass(_ x: Slice, to y: Slice, _ accumulates: Bool, _ pool: ThreadPool) {
    pool.forEachRange(of: x.count, lending: x, y, accumulates) { range, _, x, y, accumulates in
      graft_copy(
        x.pointer + range.lowerBound, range.count, accumulates ? 1 : 0,
        y.pointer + range.lowerBound)
    }
  }
}
