import Foundation
import GraftKernels
import Testing

@testable import GraftEngine

/// Ops on channels, and activations, against PyTorch's (channels.py).
@Suite struct ChannelOpsTests {
  private struct Reference: Decodable {
    let output: [Float]
    /// Of inputs, then of parameters.
    let gradients: [[Float]]
  }

  private static let shape: Shape = [2, 3, 2, 6]
  private static let activations: [(String, Activation)] = [
    ("leaky_relu", .leakyReLU()), ("elu", .elu()), ("selu", .selu), ("sigmoid", .sigmoid),
    ("tanh", .tanh), ("softplus", .softplus), ("silu", .silu), ("mish", .mish),
    ("hardswish", .hardSwish), ("hardsigmoid", .hardSigmoid), ("relu", .relu), ("relu6", .relu6),
    ("gelu", .gelu), ("gelu_tanh", .geluTanh),
  ]

  private static func references() throws -> [String: Reference] {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/channels.json")
    return try JSONDecoder().decode([String: Reference].self, from: Data(contentsOf: url))
  }

  @Test(
    arguments: [
      ("layer norm", LayerNormOp(epsilon: 1e-6) as any Op, [shape], [[6], [6]]),
      ("group norm", GroupNormOp(groups: 3), [shape], [[6], [6]]),
      ("instance norm", GroupNormOp(groups: 6, isAffine: false), [shape], []),
      ("multiply", MultiplyOp(), [shape, [2, 1, 1, 6]], []),
      ("channel scale", ChannelScaleOp(), [shape], [[6]]),
      ("channel shuffle", ChannelShuffleOp(groups: 3), [shape], []),
      ("channel slice", ChannelSliceOp(2..<5), [shape], []),
      ("prelu", PReLUOp(slopeCount: 6), [shape], [[6]]),
      ("linear", LinearOp(outputCount: 7, hasBias: true), [shape], [[6, 7], [7]]),
    ] as [(String, any Op, [Shape], [Shape])])
  func followsPyTorch(
    _ name: String, _ op: any Op, _ inputs: [Shape], _ parameters: [Shape]
  ) throws {
    let reference = try #require(try Self.references()[name])
    let result = try run(op, inputs: inputs, parameters: parameters, scale: 1)
    #expect(largestError(result.output, reference.output) < 2e-6)
    #expect(result.gradients.count == reference.gradients.count)
    for (own, expected) in zip(result.gradients, reference.gradients) {
      #expect(largestError(own, expected) < 5e-6)
    }
  }

  @Test func activationsFollowPyTorch() throws {
    let references = try Self.references()
    for (name, activation) in Self.activations {
      let reference = try #require(references[name])
      let result = try run(
        ActivationOp(activation), inputs: [Self.shape], parameters: [], scale: 4)
      #expect(largestError(result.output, reference.output) < 1e-6, "\(name)")
      // The reference scales its input by 4, and so its gradient.
      let gradient = result.gradients[0].map { 4 * $0 }
      #expect(largestError(gradient, reference.gradients[0]) < 2e-6, "\(name)")
    }
  }

  /// Output and gradients for the values that channels.py has.
  private func run(
    _ op: any Op, inputs shapes: [Shape], parameters parameterShapes: [Shape], scale: Float
  ) throws -> (output: [Float], gradients: [[Float]]) {
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let operands = (shapes + parameterShapes).enumerated().map { place, shape in
      Tensor(
        shape,
        (0..<shape.elementCount).map {
          scale * Float(sin((0.7 + 0.1 * Double(place)) * Double($0) + 1))
        })
    }
    let gradients = operands.map { Tensor($0.shape) }
    let shape = try op.outputShape(of: shapes)
    let needs = GradientNeeds(
      inputs: shapes.map { _ in true }, parameters: parameterShapes.map { _ in true },
      isTraining: false)
    func request(_ needs: GradientNeeds?) -> WorkspaceRequest {
      WorkspaceRequest(inputs: shapes, output: shape, threads: 2, backward: needs)
    }
    let inputs = operands.prefix(shapes.count).map(\.slice)
    let parameters = operands.dropFirst(shapes.count).map(\.slice)
    func prepared(_ needs: GradientNeeds?) -> Tensor {
      let tensor = Tensor([op.preparedCount(request(needs))])
      op.prepare(request(needs), parameters, into: tensor.slice, pool)
      return tensor
    }
    let output = Tensor(shape)
    let auxiliary = Tensor([op.auxiliaryCount(inputs: shapes, output: shape)])
    let scratch = [nil, needs].map { Tensor([op.workspaceCount(request($0))]) }
    let derived = [prepared(nil), prepared(needs)]
    op.forward(
      ForwardContext(
        inputs: inputs, inputShapes: shapes, parameters: parameters, output: output.slice,
        outputShape: shape, auxiliary: auxiliary.slice, workspace: scratch[0].slice,
        prepared: derived[0].slice, isTraining: false, random: RandomAddress(), pool: pool))
    let weights = Tensor(shape, (0..<shape.elementCount).map { Float(cos(Double($0))) })
    let slots = gradients.map { GradientSlot($0.slice, accumulates: false) }
    op.backward(
      BackwardContext(
        outputGradient: weights.slice, inputs: inputs, inputShapes: shapes, output: output.slice,
        outputShape: shape, parameters: parameters, auxiliary: auxiliary.slice,
        workspace: scratch[1].slice, prepared: derived[1].slice,
        inputGradients: Array(slots.prefix(shapes.count)),
        parameterGradients: Array(slots.dropFirst(shapes.count)), isTraining: false,
        random: RandomAddress(), pool: pool))
    return withExtendedLifetime((operands, scratch, derived, weights)) {
      (output.values, gradients.map(\.values))
    }
  }

  /// The largest difference, relative to the largest reference value.
  private func largestError(_ values: [Float], _ reference: [Float]) -> Float {
    guard values.count == reference.count else { return .infinity }
    let largest = reference.reduce(0) { max($0, abs($1)) }
    return zip(values, reference).reduce(0) { max($0, abs($1.0 - $1.1)) } / largest
  }
}
