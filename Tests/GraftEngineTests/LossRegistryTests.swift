import Foundation
import GraftBase
import GraftKernels
import Testing

@testable import GraftEngine

/// Every registered loss as PyTorch has it (losses.py); finite differences are with those of all ops.
@Suite struct LossRegistryTests {
  private struct Reference: Decodable {
    let shape: [Int]
    let logits, labels, losses, gradient: [Float]
  }

  private static func references() throws -> [String: [String: Reference]] {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/losses.json")
    return try JSONDecoder().decode(
      [String: [String: Reference]].self, from: Data(contentsOf: url))
  }

  @Test(arguments: Losses.all.indices)
  func lossesAndGradientsArePyTorchs(index: Int) throws {
    let loss = Losses.all[index]
    let reference = try #require(
      Self.references()[loss.task.rawValue]?[loss.name], "no numbers of torch's for \(loss.name)")
    let (losses, gradient) = try Self.run(loss.makeOp(classWeights: nil), reference)
    for (own, torch) in [(losses, reference.losses), (gradient, reference.gradient)] {
      let largest = torch.reduce(1) { max($0, abs($1)) }
      #expect(own.count == torch.count)
      #expect(zip(own, torch).allSatisfy { abs($0 - $1) < 2e-6 * largest }, "\(loss.name)")
    }
  }

  /// `pos_weight` of torch's BCEWithLogitsLoss.
  @Test func weightsOfPositivesArePyTorchs() throws {
    let reference = try #require(Self.references()["multiLabel weighted"]?["bce"])
    let op = MultiLabelLoss().makeOp(classWeights: [0.5, 1, 2, 4, 0])
    let (losses, gradient) = try Self.run(op, reference)
    for (own, torch) in [(losses, reference.losses), (gradient, reference.gradient)] {
      #expect(zip(own, torch).allSatisfy { abs($0 - $1) < 2e-6 * max(1, abs($1)) })
    }
  }

  @Test func namesAreOnesOwnWithinATask() {
    for task in PredictionTask.allCases {
      let names = Losses.all(for: task).map(\.name)
      #expect(Set(names).count == names.count)
      #expect(Losses.usual(for: task).name == (task == .multiLabel ? "bce" : "ce"))
      #expect(names.allSatisfy { Losses.names.contains($0) })
    }
  }

  /// The losses in training, and the gradient of their sum.
  private static func run(
    _ op: any Op, _ reference: Reference
  ) throws -> (losses: [Float], gradient: [Float]) {
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let shapes = [Shape(reference.shape), Shape(labelDimensions(reference))]
    let inputs = [reference.logits, reference.labels].map { values in
      let storage = Storage(count: values.count)
      for (place, value) in values.enumerated() { storage.slice.pointer[place] = value }
      return storage
    }
    let output = try op.outputShape(of: shapes)
    let needs = GradientNeeds(inputs: [true, false], parameters: [], isTraining: true)
    func workspace(_ needs: GradientNeeds?) -> Storage {
      Storage(
        count: op.workspaceCount(
          WorkspaceRequest(
            inputs: shapes, output: output, threads: pool.threadCount, backward: needs)))
    }
    let losses = Storage(count: output.elementCount)
    let auxiliary = Storage(count: op.auxiliaryCount(inputs: shapes, output: output))
    let (forward, backward, nothing) = (workspace(nil), workspace(needs), Storage(count: 0))
    op.forward(
      ForwardContext(
        inputs: inputs.map(\.slice), inputShapes: shapes, parameters: [], output: losses.slice,
        outputShape: output, auxiliary: auxiliary.slice, workspace: forward.slice,
        prepared: nothing.slice, isTraining: true, random: RandomAddress(), pool: pool))
    let dy = Storage(count: losses.slice.count)
    dy.slice.fill(1)
    let gradient = Storage(count: reference.logits.count)
    op.backward(
      BackwardContext(
        outputGradient: dy.slice, inputs: inputs.map(\.slice), inputShapes: shapes,
        output: losses.slice, outputShape: output, parameters: [], auxiliary: auxiliary.slice,
        workspace: backward.slice, prepared: nothing.slice,
        inputGradients: [GradientSlot(gradient.slice, accumulates: false), nil],
        parameterGradients: [], isTraining: true, random: RandomAddress(), pool: pool))
    let result = (losses: Array(losses.slice.buffer), gradient: Array(gradient.slice.buffer))
    withExtendedLifetime((inputs, losses, auxiliary, forward, backward, nothing, dy, gradient)) {}
    return result
  }

  /// Soft labels have the logits' shape, class numbers that of the pixels.
  private static func labelDimensions(_ reference: Reference) -> [Int] {
    reference.labels.count == reference.logits.count
      ? reference.shape : Array(reference.shape.dropLast())
  }
}
