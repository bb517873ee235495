import Foundation
import GraftKernels
import Testing

@testable import GraftEngine

/// One op's output and gradients as PyTorch has them (layers.py).
struct LayerReference: Decodable, CustomTestStringConvertible, Sendable {
  struct Options: Decodable, Sendable {
    var sides: [Int]?
    /// Classes of the rows of logits.
    var labels: [Int]?
  }
  let name: String
  let shapes: [[Int]]
  let options: Options
  let outputShape: [Int]
  let output: [Float]
  let gradients: [[Float]]

  var testDescription: String { name }

  static let all: [LayerReference] = {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/layers.json")
    guard let data = try? Data(contentsOf: url) else { return [] }
    return (try? JSONDecoder().decode([LayerReference].self, from: data)) ?? []
  }()

  /// The op, and how the parameters among its operands are laid out; other operands are images.
  func op() throws -> (op: any Op, parameters: [ParameterLayout]) {
    let words = name.split(separator: " ").map(String.init)
    switch words[0] {
    case "pad":
      let s = try #require(options.sides)
      let mode = try #require(PadOp.Mode(rawValue: words[1]))
      return (PadOp(Sides(top: s[0], left: s[1], bottom: s[2], right: s[3]), mode), [])
    case "local":
      let shape = shapes[1]
      return (
        LocallyConnectedOp(
          outputChannels: shape[5], kernel: Pair(shape[2], shape[3]), padding: 1, hasBias: true),
        [.plain, .plain]
      )
    case "deform":
      return (
        DeformableReadOp(
          kernel: Pair(3, 2), stride: Pair(1, 2), padding: 1, dilation: Pair(1, 2), groups: 2), []
      )
    case "unpool": return (UnpoolOp(kernel: 2, stride: 2), [])
    case "l2": return (L2PoolOp(kernel: Pair(3, 2), stride: Pair(2, 1)), [])
    case "cosine": return (CosineSimilarityOp(outputCount: shapes[1][0]), [.linear, .plain])
    case "softmax": return (SoftmaxOp(), [])
    case "attention": return (AttentionOp(heads: 3), [])
    case "tokens":
      let registers = shapes.count == 4 ? shapes[2][1] : 0
      let op = TokenEmbeddingOp(side: 5, registers: registers, embedsPrefix: registers == 0)
      return (op, shapes.dropFirst().map { _ in .plain })
    case "normalize": return (L2NormOp(), [])
    case "loss":
      let losses: [String: any RowLoss] = [
        "hinge": HingeLoss(isMean: true), "svm": HingeLoss(isMean: false),
        "binary": BinaryLoss(), "focal": FocalLoss(),
      ]
      return (ClassificationLossOp(try #require(losses[words[1]])), [])
    default: throw UnknownLayer(name: name)
    }
  }

  struct UnknownLayer: Error { let name: String }
}

@Suite struct LayerAgreementTests {
  @Test func thereAreReferences() { #expect(!LayerReference.all.isEmpty) }

  @Test(arguments: LayerReference.all)
  func outputAndGradientsArePyTorchs(_ reference: LayerReference) throws {
    let (op, layouts) = try reference.op()
    let images = reference.shapes.count - layouts.count
    let operands = reference.shapes.enumerated().map { place, shape in
      Operand(
        Shape(shape), layout: place < images ? nil : layouts[place - images],
        values: Self.filled(shape.reduce(1, *), stream: place))
    }
    var inputs = Array(operands[..<images])
    if let labels = reference.options.labels {
      var rows = [Float](repeating: 0, count: inputs[0].slice.count)
      for (row, label) in labels.enumerated() { rows[row * inputs[0].shape.channels + label] = 1 }
      inputs.append(Operand(inputs[0].torchShape, layout: nil, values: rows))
    }
    let run = try OpRun(op, inputs: inputs, Array(operands[images...]))
    let weights = Operand(
      Shape(reference.outputShape), layout: nil,
      values: Self.filled(reference.output.count, stream: 99))
    #expect(run.output.torchShape == weights.torchShape)
    let gradients = run.backward(weights)
    expectEqual(run.output.torchValues, reference.output, "output")
    for (place, gradient) in reference.gradients.enumerated() {
      expectEqual(gradients[place], gradient, "gradient \(place)")
    }
  }

  private func expectEqual(_ values: [Float], _ reference: [Float], _ label: String) {
    let largest = reference.reduce(1e-6) { max($0, abs($1)) }
    let error = zip(values, reference).reduce(0) { max($0, abs($1.0 - $1.1)) } / largest
    #expect(values.count == reference.count && error < 2e-6, "\(label) is off by \(error)")
  }

  private static func filled(_ count: Int, stream: Int) -> [Float] {
    (0..<count).map { Float(sin(0.37 * Double($0) + Double(stream))) }
  }
}

/// A tensor in the engine's layout that came in torch's.
struct Operand {
  private let parameter: Parameter
  private let isImage: Bool
  let torchShape: Shape

  /// `layout` nil is an image [N, C, H, W] of torch.
  init(_ torchShape: Shape, layout: ParameterLayout?, values: [Float]) {
    self.torchShape = torchShape
    isImage = layout == nil && torchShape.rank == 4
    var values = values
    if isImage { values = Self.transposed(values, torchShape, toTorch: false) }
    parameter = Parameter(
      name: "operand", role: .weight, layout: layout ?? .plain, torchShape: torchShape)
    parameter.setTorchValues(values)
  }

  /// Room for an op's result of an engine's shape.
  init(engineShape s: Shape) {
    let torch: Shape = s.rank == 4 ? [s[0], s[3], s[1], s[2]] : s
    self.init(torch, layout: nil, values: [Float](repeating: 0, count: s.elementCount))
  }

  var slice: Slice { parameter.slice }
  var shape: Shape {
    let s = torchShape
    return isImage ? [s[0], s[2], s[3], s[1]] : parameter.value.shape
  }
  var torchValues: [Float] { torchValues(of: slice) }

  func torchValues(of slice: Slice) -> [Float] {
    let values = parameter.torchValues(of: slice)
    return isImage ? Self.transposed(values, torchShape, toTorch: true) : values
  }

  private static func transposed(_ values: [Float], _ s: Shape, toTorch: Bool) -> [Float] {
    var result = values
    let area = s[2] * s[3]
    for n in 0..<s[0] {
      for c in 0..<s[1] {
        for p in 0..<area {
          let torch = (n * s[1] + c) * area + p
          let own = (n * area + p) * s[1] + c
          if toTorch { result[torch] = values[own] } else { result[own] = values[torch] }
        }
      }
    }
    return result
  }
}

/// One call of an op, forward and backward, on two threads.
struct OpRun {
  let op: any Op
  let inputs: [Operand]
  let parameters: [Operand]
  let output: Operand
  private let auxiliary: Storage
  private let pool = ThreadPool(threads: 2)

  init(_ op: any Op, inputs: [Operand], _ parameters: [Operand]) throws {
    let shapes = inputs.map(\.shape)
    let shape = try op.outputShape(of: shapes)
    self.op = op
    self.inputs = inputs
    self.parameters = parameters
    output = Operand(engineShape: shape)
    auxiliary = Storage(count: op.auxiliaryCount(inputs: shapes, output: shape))
    let request = WorkspaceRequest(inputs: shapes, output: shape, threads: 2, backward: nil)
    let (prepared, workspace) = scratch(request)
    op.forward(
      ForwardContext(
        inputs: inputs.map(\.slice), inputShapes: shapes, parameters: parameters.map(\.slice),
        output: output.slice, outputShape: shape, auxiliary: auxiliary.slice,
        workspace: workspace.slice, prepared: prepared.slice, isTraining: false,
        random: RandomAddress(), pool: pool))
    withExtendedLifetime((prepared, workspace)) {}
  }

  /// The gradients of all operands in torch's layouts, inputs first.
  func backward(_ outputGradient: Operand) -> [[Float]] {
    let shapes = inputs.map(\.shape)
    let needs = GradientNeeds(
      inputs: inputs.map { _ in true }, parameters: parameters.map { _ in true },
      isTraining: false)
    let request = WorkspaceRequest(
      inputs: shapes, output: output.shape, threads: 2, backward: needs)
    let (prepared, workspace) = scratch(request)
    let gradients = (inputs + parameters).map { Storage(count: $0.slice.count) }
    let slots = gradients.map { GradientSlot($0.slice, accumulates: false) }
    op.backward(
      BackwardContext(
        outputGradient: outputGradient.slice, inputs: inputs.map(\.slice), inputShapes: shapes,
        output: output.slice, outputShape: output.shape, parameters: parameters.map(\.slice),
        auxiliary: auxiliary.slice, workspace: workspace.slice, prepared: prepared.slice,
        inputGradients: Array(slots[..<inputs.count]),
        parameterGradients: Array(slots[inputs.count...]), isTraining: false,
        random: RandomAddress(), pool: pool))
    withExtendedLifetime((prepared, workspace, auxiliary)) {}
    return zip(inputs + parameters, gradients).map { $0.torchValues(of: $1.slice) }
  }

  private func scratch(_ request: WorkspaceRequest) -> (prepared: Storage, workspace: Storage) {
    let prepared = Storage(count: op.preparedCount(request))
    op.prepare(request, parameters.map(\.slice), into: prepared.slice, pool)
    return (prepared, Storage(count: op.workspaceCount(request)))
  }
}
