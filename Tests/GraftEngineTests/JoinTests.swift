import GraftKernels
import Testing

@testable import GraftEngine

/// DropPath at joins against its definition; gradients are checked with those of all ops.
@Suite struct JoinTests {
  /// What each of `count` images makes of inputs that are 1, 2, 4 … everywhere.
  private func outputs(
    _ op: JoinOp, count: Int = 4000, node: Int = 5, step: Int = 2, isTraining: Bool = true
  ) -> [Float] {
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let shape: Shape = [count, 1, 1, 1]
    let inputs = op.columns.indices.map { place in
      let storage = Storage(count: count)
      storage.slice.fill(Float(1 << place))
      return storage
    }
    let shapes = inputs.map { _ in shape }
    let output = Storage(count: count)
    let workspace = Storage(
      count: op.workspaceCount(
        WorkspaceRequest(inputs: shapes, output: shape, threads: 2, backward: nil)))
    let nothing = Storage(count: 0)
    // Slices do not keep their memory.
    defer { withExtendedLifetime((inputs, output, workspace, nothing)) {} }
    op.forward(
      ForwardContext(
        inputs: inputs.map(\.slice), inputShapes: shapes, parameters: [], output: output.slice,
        outputShape: shape, auxiliary: nothing.slice, workspace: workspace.slice,
        prepared: nothing.slice, isTraining: isTraining,
        random: RandomAddress(seed: 4, step: step, node: node), pool: pool))
    return Array(output.slice.buffer)
  }

  @Test func evaluationTakesTheMean() {
    let values = outputs(JoinOp([0, 1, 2], of: 3), isTraining: false)
    #expect(values.allSatisfy { abs($0 - 7 / 3) < 1e-6 })
  }

  /// Every subset that can survive comes as often as its law says; the empty one goes to single ones.
  @Test func inputsAreDroppedByThemselvesButNeverAll() {
    let (rate, count) = (0.3, 20_000)
    let values = outputs(JoinOp([0, 1, 2], of: 3, rate: Float(rate), globalShare: 0), count: count)
    var counted = 0
    for subset in 1..<8 {
      let survivors = (0..<3).filter { subset >> $0 & 1 == 1 }
      let mean = Float(subset) / Float(survivors.count)
      let found = values.count { abs($0 - mean) < 1e-5 }
      var share = 1.0
      for place in 0..<3 { share *= survivors.contains(place) ? 1 - rate : rate }
      if survivors.count == 1 { share += rate * rate * rate / 3 }
      let deviation = (share * (1 - share) * Double(count)).squareRoot()
      #expect(abs(Double(found) - share * Double(count)) < 4 * deviation, "\(survivors)")
      counted += found
    }
    #expect(counted == count)
  }

  /// One column for the whole network: the same at every join it reaches.
  @Test func aGlobalDrawIsOneColumnEverywhere() {
    let all = outputs(JoinOp([0, 1, 2], of: 3, globalShare: 1), node: 5)
    let part = outputs(JoinOp([0, 1], of: 3, globalShare: 1), node: 11)
    for (image, value) in all.enumerated() {
      #expect([1, 2, 4].contains(value))
      #expect(part[image] == (value == 4 ? 1.5 : value))
    }
    for column in [Float(1), 2, 4] {
      let found = all.count { $0 == column }
      #expect(abs(found - 4000 / 3) < 120, "four deviations")
    }
  }

  @Test func localAndGlobalDrawsTakeTurns() {
    let part = JoinOp([0, 1], of: 3, rate: 0)
    // Without local drops only a global draw of column 0 or 1 gives anything but the mean.
    let single = outputs(part).count { $0 != 1.5 }
    #expect(abs(single - 4000 / 3) < 120)
  }

  @Test func drawsFollowSeedStepAndNode() {
    let op = JoinOp([0, 1], of: 2)
    #expect(outputs(op) == outputs(op))
    #expect(outputs(op) != outputs(op, step: 3))
    #expect(outputs(op) != outputs(op, node: 6))
  }
}
