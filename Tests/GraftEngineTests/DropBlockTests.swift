import Foundation
import GraftKernels
import Testing

@testable import GraftEngine

/// DropBlock against its definition; its gradient is checked with those of all ops.
@Suite struct DropBlockTests {
  /// The factors of a batch of ones.
  private func mask(
    _ op: DropBlockOp, _ shape: Shape, random: RandomAddress = RandomAddress(seed: 4, step: 2)
  ) -> [Float] {
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let input = Storage(count: shape.elementCount)
    input.slice.fill(1)
    let output = Storage(count: shape.elementCount)
    let workspace = Storage(
      count: op.workspaceCount(
        WorkspaceRequest(inputs: [shape], output: shape, threads: 2, backward: nil)))
    let nothing = Storage(count: 0)
    op.forward(
      ForwardContext(
        inputs: [input.slice], inputShapes: [shape], parameters: [], output: output.slice,
        outputShape: shape, auxiliary: nothing.slice, workspace: workspace.slice,
        prepared: nothing.slice, isTraining: true, random: random, pool: pool))
    return Array(output.slice.buffer)
  }

  @Test func keptValuesGrowByAllOverKept() {
    let shape: Shape = [3, 9, 8, 5]
    let values = mask(DropBlockOp(rate: 0.3, size: 3), shape)
    let kept = values.count { $0 != 0 }
    #expect(kept < values.count && kept > values.count / 3)
    let factor = Float(Double(values.count) / Double(kept))
    #expect(values.allSatisfy { $0 == 0 || $0 == factor })
  }

  /// Every dropped pixel lies in a block that is dropped in full, inside the map and its channel.
  @Test func whatIsDroppedIsBlocks() {
    let (images, height, width, channels, size) = (4, 9, 8, 5, 3)
    let shape: Shape = [images, height, width, channels]
    let values = mask(DropBlockOp(rate: 0.3, size: size), shape)
    func isDropped(_ image: Int, _ y: Int, _ x: Int, _ channel: Int) -> Bool {
      values[((image * height + y) * width + x) * channels + channel] == 0
    }
    for image in 0..<images {
      for channel in 0..<channels {
        var covered = Set<[Int]>()
        for top in 0...(height - size) {
          for left in 0...(width - size) {
            let block = (0..<size * size).map { [top + $0 / size, left + $0 % size] }
            if block.allSatisfy({ isDropped(image, $0[0], $0[1], channel) }) {
              covered.formUnion(block)
            }
          }
        }
        let dropped = (0..<height * width).count {
          isDropped(image, $0 / width, $0 % width, channel)
        }
        #expect(covered.count == dropped)
      }
    }
  }

  /// A corner lies in one block only, the middle in size² of them: their shares give gamma.
  @Test func blocksStartWithProbabilityGamma() {
    let (rate, size, side, channels) = (0.2, 3, 8, 400)
    let shape: Shape = [16, side, side, channels]
    let values = mask(DropBlockOp(rate: Float(rate), size: size), shape)
    let gamma = rate * 64 / 9 / 36
    let maps = Double(16 * channels)
    func share(_ y: Int, _ x: Int) -> Double {
      var count = 0
      for image in 0..<16 {
        let first = ((image * side + y) * side + x) * channels
        count += values[first..<(first + channels)].count { $0 == 0 }
      }
      return Double(count) / maps
    }
    func deviation(_ p: Double) -> Double { (p * (1 - p) / maps).squareRoot() }
    for (y, x) in [(0, 0), (0, 7), (7, 0), (7, 7)] {
      #expect(abs(share(y, x) - gamma) < 4 * deviation(gamma))
    }
    let middle = 1 - pow(1 - gamma, 9)
    #expect(abs(share(4, 4) - middle) < 4 * deviation(middle))
  }

  @Test func masksDependOnStepAndNode() {
    let op = DropBlockOp(rate: 0.3, size: 2)
    let shape: Shape = [2, 6, 6, 4]
    let first = mask(op, shape, random: RandomAddress(seed: 4, step: 2, node: 1))
    #expect(mask(op, shape, random: RandomAddress(seed: 4, step: 2, node: 1)) == first)
    for other in [
      RandomAddress(seed: 5, step: 2, node: 1), RandomAddress(seed: 4, step: 3, node: 1),
      RandomAddress(seed: 4, step: 2, node: 2),
    ] { #expect(mask(op, shape, random: other) != first) }
  }

  /// A map smaller than the block is dropped as a whole or not at all.
  @Test func smallMapsAreDroppedWhole() {
    let values = mask(DropBlockOp(rate: 0.4, size: 7), [1, 4, 4, 200])
    for channel in 0..<200 {
      let map = Set((0..<16).map { values[$0 * 200 + channel] })
      #expect(map.count == 1)
    }
    let share = Double((0..<200).count { values[$0] == 0 }) / 200
    #expect(abs(share - 0.4) < 4 * (0.24 / 200).squareRoot())
  }
}
