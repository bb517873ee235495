import Foundation
import GraftKernels
import Testing

@testable import GraftEngine

/// Local response normalization and the rarer poolings against PyTorch (windows.py).
@Suite struct WindowsTests {
  struct Case: Decodable {
    var op: String
    var size: [Int]
    var beta: Float?
    var shape: [Int]
    var x: [Float]
    var y: [Float]
    var weight: [Float]
    var gradient: [Float]

    var layer: any Op {
      switch op {
      case "norm": LocalResponseNormOp(size: size[0], alpha: 2, beta: beta ?? 0.75, k: 2)
      case "window":
        PoolOp(
          .average, kernel: Pair(size[0]), stride: Pair(size[1]), padding: 1,
          roundsUp: size[2] == 1, countsPadding: false)
      default: AdaptivePoolOp(op == "max" ? .max : .average, size: Pair(size[0], size[1]))
      }
    }
  }

  @Test func agreeWithPyTorch() throws {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/windows.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
    #expect(cases.count == 11)
    for reference in cases {
      let shape = Shape(reference.shape)
      let op = reference.layer
      let outputShape = try op.outputShape(of: [shape])
      #expect(outputShape.elementCount == reference.y.count)
      let pool = ThreadPool(threads: 2)
      func storage(_ values: [Float]) -> Storage {
        let storage = Storage(count: values.count)
        for (index, value) in values.enumerated() { storage.slice.pointer[index] = value }
        return storage
      }
      let (input, weight) = (storage(reference.x), storage(reference.weight))
      let needs = GradientNeeds(inputs: [true], parameters: [], isTraining: false)
      func workspace(_ needs: GradientNeeds?) -> Storage {
        Storage(
          count: op.workspaceCount(
            WorkspaceRequest(inputs: [shape], output: outputShape, threads: 2, backward: needs)))
      }
      let auxiliary = Storage(count: op.auxiliaryCount(inputs: [shape], output: outputShape))
      let output = Storage(count: reference.y.count)
      let gradient = Storage(count: reference.x.count)
      let (forward, backward) = (workspace(nil), workspace(needs))
      op.forward(
        ForwardContext(
          inputs: [input.slice], inputShapes: [shape], parameters: [], output: output.slice,
          outputShape: outputShape, auxiliary: auxiliary.slice, workspace: forward.slice,
          prepared: Storage(count: 0).slice, isTraining: false, random: RandomAddress(), pool: pool)
      )
      op.backward(
        BackwardContext(
          outputGradient: weight.slice, inputs: [input.slice], inputShapes: [shape],
          output: output.slice, outputShape: outputShape, parameters: [],
          auxiliary: auxiliary.slice,
          workspace: backward.slice, prepared: Storage(count: 0).slice,
          inputGradients: [GradientSlot(gradient.slice, accumulates: false)],
          parameterGradients: [], isTraining: false, random: RandomAddress(), pool: pool))
      for (found, wanted) in [(output, reference.y), (gradient, reference.gradient)] {
        let error = zip(found.slice.buffer, wanted).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(error < 2e-6, "\(reference.op) \(reference.size)")
      }
      withExtendedLifetime((input, weight, forward, backward, auxiliary)) {}
    }
  }
}
