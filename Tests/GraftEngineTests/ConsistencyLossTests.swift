import Foundation
import GraftKernels
import Testing

@testable import GraftEngine

/// AugMix's loss against PyTorch's.
@Suite struct ConsistencyLossTests {
  private struct Reference: Decodable {
    let rows: Int
    let classes: Int
    let weight: Float
    let logits: [Float]
    let targets: [Float]
    /// The mean over the images, and its derivative by the logits.
    let loss: Double
    let gradient: [Double]
  }

  private static func references() throws -> [Reference] {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/consistency_loss.json")
    return try JSONDecoder().decode([Reference].self, from: Data(contentsOf: url))
  }

  @Test func lossAndGradientArePyTorchs() throws {
    for reference in try Self.references() {
      let shape: Shape = [reference.rows, reference.classes]
      let (losses, gradient) = Self.run(
        ConsistencyLossOp(weight: reference.weight), shape, reference.logits, reference.targets,
        isTraining: true)
      let mean = losses.reduce(0.0) { $0 + Double($1) } / Double(reference.rows)
      #expect(abs(mean - reference.loss) < 1e-6 * max(1, abs(reference.loss)))
      for (value, expected) in zip(gradient, reference.gradient) {
        #expect(abs(Double(value) - expected) < 1e-6 * max(1, abs(expected)))
      }
    }
  }

  @Test func outsideTrainingItIsCrossEntropy() throws {
    let reference = try #require(try Self.references().first)
    let shape: Shape = [reference.rows, reference.classes]
    let plain = Self.run(
      SoftmaxCrossEntropyOp(), shape, reference.logits, reference.targets, isTraining: false)
    let own = Self.run(
      ConsistencyLossOp(), shape, reference.logits, reference.targets, isTraining: false)
    #expect(zip(own.losses, plain.losses).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(zip(own.gradient, plain.gradient).allSatisfy { abs($0 - $1) < 1e-7 })
  }

  /// The losses, and the gradient of their mean.
  private static func run(
    _ op: some Op, _ shape: Shape, _ logits: [Float], _ targets: [Float], isTraining: Bool
  ) -> (losses: [Float], gradient: [Float]) {
    let pool = ThreadPool(threads: 1)
    defer { pool.shutDown() }
    let inputs = [logits, targets].map { values in
      let storage = Storage(count: values.count)
      for (index, value) in values.enumerated() { storage.slice.pointer[index] = value }
      return storage
    }
    // Slices do not keep their memory; optimized code would free it after their last use.
    defer { withExtendedLifetime(inputs) {} }
    let losses = Storage(count: shape.batch)
    let nothing = Storage(count: 0)
    op.forward(
      ForwardContext(
        inputs: inputs.map(\.slice), inputShapes: [shape, shape], parameters: [],
        output: losses.slice, outputShape: [shape.batch], auxiliary: nothing.slice,
        workspace: nothing.slice, prepared: nothing.slice, isTraining: isTraining,
        random: RandomAddress(), pool: pool))
    let dy = Storage(count: shape.batch)
    dy.slice.fill(1 / Float(shape.batch))
    let gradient = Storage(count: logits.count)
    op.backward(
      BackwardContext(
        outputGradient: dy.slice, inputs: inputs.map(\.slice), inputShapes: [shape, shape],
        output: losses.slice, outputShape: [shape.batch], parameters: [],
        auxiliary: nothing.slice, workspace: nothing.slice, prepared: nothing.slice,
        inputGradients: [GradientSlot(gradient.slice, accumulates: false), nil],
        parameterGradients: [], isTraining: isTraining, random: RandomAddress(), pool: pool))
    return (Array(losses.slice.buffer), Array(gradient.slice.buffer))
  }
}
