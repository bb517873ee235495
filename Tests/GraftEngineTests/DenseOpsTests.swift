import Foundation
import GraftKernels
import Testing

@testable import GraftEngine

/// Transposed convolution, up-sampling and losses of pixels against PyTorch's (dense_ops.py).
@Suite struct DenseOpsTests {
  private struct Reference: Decodable {
    struct Transposed: Decodable {
      let x, y, weights, dx, weight, bias, dweight, dbias: [Float]
      let input, output: [Int]
      let kernel, stride, padding, extra, dilation, groups: Int
    }
    struct Upsample: Decodable {
      let x, y, weights, dx: [Float]
      let input, output: [Int]
      let mode: String
    }
    struct Loss: Decodable {
      let kind: String
      let classes: [Float]?
      let shape: [Int]
      let x, labels, losses, dx: [Float]
    }
    let transposed: [Transposed]
    let upsample: [Upsample]
    let losses: [Loss]
  }

  private static func reference() throws -> Reference {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/dense_ops.json")
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
  }

  @Test func transposedConvolutionIsPyTorchs() throws {
    for r in try Self.reference().transposed {
      let op = TransposedConvolutionOp(
        inputChannels: 4, outputChannels: 6, kernel: Pair(r.kernel), stride: Pair(r.stride),
        padding: Pair(r.padding), outputPadding: Pair(r.extra), dilation: Pair(r.dilation),
        groups: r.groups, hasBias: true)
      let run = try MapRun(
        op, inputs: [(Shape(r.input), r.x)],
        parameters: [([r.kernel, r.kernel, 6 / r.groups, 4], r.weight), ([6], r.bias)],
        weights: r.weights)
      #expect(run.outputShape == Shape(r.output))
      expectClose(run.output, r.y)
      expectClose(run.inputGradient, r.dx)
      expectClose(run.parameterGradients[0], r.dweight)
      expectClose(run.parameterGradients[1], r.dbias)
    }
  }

  @Test func upsamplingIsPyTorchs() throws {
    for r in try Self.reference().upsample {
      let interpolation = try #require(Interpolation(rawValue: r.mode))
      let op = UpsampleOp(interpolation, .exactly(Pair(r.output[1], r.output[2])))
      let run = try MapRun(op, inputs: [(Shape(r.input), r.x)], weights: r.weights)
      expectClose(run.output, r.y)
      expectClose(run.inputGradient, r.dx)
    }
  }

  @Test func lossesOfPixelsArePyTorchs() throws {
    for r in try Self.reference().losses {
      let loss = try #require(Losses.named(r.kind, for: .segmentation))
      let shape = Shape(r.shape)
      let run = try MapRun(
        loss.makeOp(classWeights: r.classes),
        inputs: [(shape, r.x), (Shape(r.shape.dropLast()), r.labels)], weights: [1, 1])
      expectClose(run.output, r.losses)
      expectClose(run.inputGradient, r.dx)
    }
  }

  @Test func anImageWithoutLabelsCostsNothing() throws {
    let run = try MapRun(
      SegmentationLossOp(PixelCrossEntropyLoss()),
      inputs: [([1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]), ([1, 2, 2], [255, 255, 255, 255])],
      weights: [1])
    #expect(run.output == [0])
    #expect(run.inputGradient == [Float](repeating: 0, count: 8))
  }

  @Test func centerCropTakesTheMiddle() throws {
    let values = (0..<25).map(Float.init)
    let run = try MapRun(
      CenterCropOp(.exactly(Pair(2, 3))), inputs: [([1, 5, 5, 1], values)],
      weights: [1, 1, 1, 1, 1, 1])
    #expect(run.output == [6, 7, 8, 11, 12, 13])
    #expect(
      run.inputGradient.enumerated().filter { $1 == 1 }.map(\.offset) == [6, 7, 8, 11, 12, 13])
  }

  @Test func whatDoesNotFitIsRefused() {
    #expect(throws: (any Error).self) {
      try CenterCropOp(.exactly(6)).outputShape(of: [[1, 5, 5, 1]])
    }
    #expect(throws: (any Error).self) {
      try UpsampleOp(.nearest, .times(100_000)).outputShape(of: [[1, 5, 5, 1]])
    }
    #expect(throws: (any Error).self) {
      try TransposedConvolutionOp(
        inputChannels: 1, outputChannels: 1, kernel: 2, stride: 2, outputPadding: 2, hasBias: false
      ).outputShape(of: [[1, 5, 5, 1]])
    }
    #expect(throws: (any Error).self) {
      try SegmentationLossOp(PixelCrossEntropyLoss()).outputShape(of: [[1, 5, 5, 2], [1, 5, 4]])
    }
  }

  private func expectClose(
    _ values: [Float], _ expected: [Float], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(values.count == expected.count, sourceLocation: sourceLocation)
    let scale = max(1, expected.map { abs($0) }.max() ?? 0)
    let error = zip(values, expected).map { abs($0 - $1) }.max() ?? 0
    #expect(error < 2e-6 * scale, sourceLocation: sourceLocation)
  }
}

/// An op run alone forward and backward, the first input's gradient and the parameters' kept.
private struct MapRun {
  let outputShape: Shape
  let output, inputGradient: [Float]
  let parameterGradients: [[Float]]

  init(
    _ op: some Op, inputs: [(Shape, [Float])], parameters: [(Shape, [Float])] = [],
    weights: [Float]
  ) throws {
    let graph = Graph()
    let values = inputs.enumerated().map { graph.input("x\($0)", $1.0) }
    let own = parameters.enumerated().map { index, parameter in
      let made = Parameter(name: "p\(index)", role: .weight, torchShape: parameter.0)
      made.setTorchValues(parameter.1)
      return made
    }
    let shapes = inputs.map(\.0)
    let shape = try graph.record(op, values, parameters: own, path: "node").shape
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let needs = GradientNeeds(
      inputs: shapes.indices.map { $0 == 0 }, parameters: own.map { _ in true }, isTraining: true)
    func request(_ needs: GradientNeeds?) -> WorkspaceRequest {
      WorkspaceRequest(inputs: shapes, output: shape, threads: 2, backward: needs)
    }
    func prepared(_ needs: GradientNeeds?) -> Storage {
      let storage = Storage(count: op.preparedCount(request(needs)))
      op.prepare(request(needs), own.map(\.slice), into: storage.slice, pool)
      return storage
    }
    let tensors = inputs.map { Tensor($0.0, $0.1) }
    let output = Storage(count: shape.elementCount)
    let auxiliary = Storage(count: op.auxiliaryCount(inputs: shapes, output: shape))
    let forward = (Storage(count: op.workspaceCount(request(nil))), prepared(nil))
    op.forward(
      ForwardContext(
        inputs: tensors.map(\.slice), inputShapes: shapes, parameters: own.map(\.slice),
        output: output.slice, outputShape: shape, auxiliary: auxiliary.slice,
        workspace: forward.0.slice, prepared: forward.1.slice, isTraining: true,
        random: RandomAddress(), pool: pool))
    let dy = Tensor(shape, weights)
    let backward = (Storage(count: op.workspaceCount(request(needs))), prepared(needs))
    let dx = Storage(count: shapes[0].elementCount)
    // What is there already must stay in the sum.
    dx.slice.fill(3)
    let gradients = own.map { Storage(count: $0.count) }
    var slots: [GradientSlot?] = shapes.map { _ in nil }
    slots[0] = GradientSlot(dx.slice, accumulates: true)
    op.backward(
      BackwardContext(
        outputGradient: dy.slice, inputs: tensors.map(\.slice), inputShapes: shapes,
        output: output.slice, outputShape: shape, parameters: own.map(\.slice),
        auxiliary: auxiliary.slice, workspace: backward.0.slice, prepared: backward.1.slice,
        inputGradients: slots,
        parameterGradients: gradients.map { GradientSlot($0.slice, accumulates: false) },
        isTraining: true, random: RandomAddress(), pool: pool))
    withExtendedLifetime((tensors, auxiliary, dy, forward, backward)) {}
    outputShape = shape
    self.output = Array(output.slice.buffer)
    inputGradient = dx.slice.buffer.map { $0 - 3 }
    parameterGradients = gradients.map { Array($0.slice.buffer) }
  }
}
