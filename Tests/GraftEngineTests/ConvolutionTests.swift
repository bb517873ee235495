import GraftBase
import GraftKernels
import GraftTestSupport
import Testing

@testable import GraftEngine

/// A convolution big enough to be split into blocks of rows, images, depth and columns.
struct ConvolutionCase: CustomTestStringConvertible, Sendable {
  let op: ConvolutionOp
  let input: Shape

  var testDescription: String { "\(op.details) \(input) → \(op.outputChannels)" }

  static let all: [ConvolutionCase] = [
    .init(
      op: .init(outputChannels: 64, kernel: 7, stride: 2, padding: 3, hasBias: false),
      input: [2, 61, 58, 3]),
    .init(
      op: .init(outputChannels: 16, kernel: 3, padding: 1, hasBias: false), input: [3, 32, 32, 16]),
    .init(
      op: .init(outputChannels: 130, kernel: 3, padding: 1, hasBias: true), input: [2, 9, 7, 300]),
    .init(
      op: .init(outputChannels: 130, kernel: 3, stride: 2, padding: 1, hasBias: true),
      input: [1, 15, 14, 150]),
    .init(
      op: .init(outputChannels: 80, kernel: 3, padding: Pair(2, 0), hasBias: true),
      input: [2, 30, 27, 40]),
    .init(
      op: .init(outputChannels: 200, kernel: 3, padding: 1, hasBias: false), input: [3, 7, 7, 176]),
    .init(op: .init(outputChannels: 96, kernel: 1, hasBias: true), input: [2, 14, 15, 24]),
    .init(
      op: .init(outputChannels: 40, kernel: 1, stride: 2, hasBias: false), input: [2, 13, 12, 72]),
    .init(
      op: .init(outputChannels: 48, kernel: 3, stride: 2, padding: 1, groups: 48, hasBias: true),
      input: [2, 15, 16, 48]),
    .init(
      op: .init(outputChannels: 72, kernel: 3, padding: 1, groups: 72, hasBias: false),
      input: [2, 12, 11, 72]),
    .init(
      op: .init(outputChannels: 64, kernel: 3, padding: 1, groups: 4, hasBias: false),
      input: [2, 8, 8, 32]),
    .init(
      op: .init(outputChannels: 20, kernel: 11, stride: 4, padding: 2, hasBias: false),
      input: [1, 47, 51, 3]),
  ]
}

@Suite struct ConvolutionTests {
  static func values(_ count: Int, stream: Int) -> [Float] {
    var random = RandomStream(seed: 11, purpose: .initialization, sample: stream)
    return (0..<count).map { _ in Float(random.uniform(-1...1)) }
  }

  /// The sums of the definition, in double: y, and for dy = g also dx and dw.
  static func reference(
    _ op: ConvolutionOp, x: [Float], shape: Shape, w: [Float], bias: [Float]?, g: [Float]
  ) throws -> (y: [Double], dx: [Double], dw: [Double]) {
    DirectConvolution(
      input: shape.dimensions, output: try op.outputShape(of: [shape]).dimensions,
      kernel: (op.kernel.y, op.kernel.x), stride: (op.stride.y, op.stride.x),
      padding: (op.padding.y, op.padding.x), dilation: (op.dilation.y, op.dilation.x),
      groups: op.groups
    ).sums(x: x, w: w, bias: bias, g: g)
  }

  @Test(arguments: ConvolutionCase.all)
  func equalsTheDefinition(_ testCase: ConvolutionCase) throws {
    let (op, shape) = (testCase.op, testCase.input)
    let pool = ThreadPool(threads: 2)
    defer { pool.shutDown() }
    let graph = Graph()
    // A bias-free 1×1 identity in front makes the plan compute the data gradient too.
    let input = graph.input("x", shape)
    let front = Parameter(name: "front", role: .normShift, torchShape: [shape[3]])
    let ones = Parameter(name: "ones", role: .normScale, torchShape: [shape[3]])
    let zeros = Parameter(name: "zeros", role: .runningStatistic, torchShape: [shape[3]])
    let unit = Parameter(name: "unit", role: .runningStatistic, torchShape: [shape[3]])
    ones.slice.fill(1)
    unit.slice.fill(1)
    let shifted = try graph.record(
      BatchNormOp(epsilon: 0), [input], parameters: [ones, front, zeros, unit], path: "front")
    let depth = shape[3] / op.groups
    let weight = Parameter(
      name: "weight", role: .weight, layout: .plain,
      torchShape: [op.kernel.y, op.kernel.x, depth, op.outputChannels])
    let bias = Parameter(name: "bias", role: .bias, torchShape: [op.outputChannels])
    for (index, value) in Self.values(weight.count, stream: 1).enumerated() {
      weight.slice.pointer[index] = value
    }
    for (index, value) in Self.values(bias.count, stream: 2).enumerated() {
      bias.slice.pointer[index] = value
    }
    let y = try graph.record(
      op, [shifted], parameters: op.hasBias ? [weight, bias] : [weight], path: "convolution")
    let plan = try Plan(
      graph: graph, outputs: [y], loss: y, inputShapes: ["x": shape],
      configuration: PlanConfiguration(trainable: ["weight", "bias", "front"]), pool: pool)
    let x = Self.values(shape.elementCount, stream: 3)
    for (index, value) in x.enumerated() { plan.input("x").pointer[index] = value }
    plan.forward()
    // The seed of backward is the constant 1/count: the gradient of the output's mean.
    plan.backward()
    let g = [Float](repeating: 1 / Float(y.shape.elementCount), count: y.shape.elementCount)
    let expected = try Self.reference(
      op, x: x, shape: shape, w: Array(weight.slice.buffer),
      bias: op.hasBias ? Array(bias.slice.buffer) : nil, g: g)
    expectClose(Array(plan.value(y).buffer), expected.y)
    expectClose(Array(try #require(plan.gradient(of: weight)).buffer), expected.dw)
    var columns = [Double](repeating: 0, count: shape[3])
    for (index, value) in expected.dx.enumerated() { columns[index % shape[3]] += value }
    expectClose(Array(try #require(plan.gradient(of: front)).buffer), columns)
  }

  private func expectClose(_ found: [Float], _ expected: [Double]) {
    let scale = expected.map { abs($0) }.max() ?? 1
    let largest = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
    #expect(
      found.count == expected.count && largest <= 2e-5 * max(scale, 1e-12),
      "off by \(largest / scale)")
  }
}
