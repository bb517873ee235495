import GraftBase
import GraftKernels

/// Drops values at random and scales the rest, in training only (Srivastava et al., 2014).
///
/// Each value is dropped with probability `rate`, the others grow by 1/(1 - rate). The mask is a
/// pure function of seed, step and node.
package struct DropoutOp: Op {
  package static let name = "dropout"
  package static var examples: [OpExample] {
    [
      OpExample(DropoutOp(rate: 0.4), inputs: [[4, 30]], isTraining: true),
      OpExample(DropoutOp(rate: 0.4), inputs: [[4, 30]], isTraining: false),
    ]
  }

  package let rate: Float

  package init(rate: Float) {
    precondition(rate >= 0 && rate < 1, "a dropout rate lies in 0 ..< 1")
    self.rate = rate
  }

  package var details: String { "\(rate)" }

  package var isRandom: Bool { true }

  package var gradientInPlace: Int? { 0 }

  package func outputShape(of inputs: [Shape]) throws -> Shape { inputs[0] }
  package func retention(_ needs: GradientNeeds) -> Retention { .nothing }
  package func auxiliaryCount(inputs: [Shape], output: Shape) -> Int { output.elementCount }

  package func workspaceCount(_ request: WorkspaceRequest) -> Int {
    request.backward == nil ? request.output.elementCount : 0
  }

  package func forward(_ c: ForwardContext) {
    guard c.isTraining, rate > 0 else { return pass(c.inputs[0], to: c.output, false, c.pool) }
    let mask = c.auxiliary.count > 0 ? c.auxiliary : c.workspace
    let seed = c.random.seed
    let key = SIMD2(
      UInt32(truncatingIfNeeded: seed ^ seed >> 32), RandomStream.Purpose.dropout.rawValue)
    c.pool.forEachRange(
      of: c.output.count, lending: c, mask, key, rate
    ) { range, _, c, mask, key, rate in
      let threshold = UInt32(Double(rate) * 0x1p32)
      for first in stride(from: range.lowerBound, to: range.upperBound, by: 4) {
        let bits = Philox.block(
          key: key,
          counter: SIMD4(
            UInt32(truncatingIfNeeded: c.random.step), UInt32(truncatingIfNeeded: c.random.node),
            UInt32(truncatingIfNeeded: first / 4), 0))
        for lane in 0..<min(4, range.upperBound - first) {
          mask.pointer[first + lane] = bits[lane] < threshold ? 0 : 1 / (1 - rate)
        }
      }
      graft_multiply(
        c.inputs[0].pointer + range.lowerBound, mask.pointer + range.lowerBound, range.count, 0,
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
