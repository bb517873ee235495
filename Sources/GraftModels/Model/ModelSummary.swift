import GraftBase
import GraftEngine

/// What a model consists of, layer by layer, for one image.
package struct ModelSummary: Sendable {
  package struct Row: Sendable {
    /// The layer's path, `layer1.0.conv1`.
    package let path: String
    package let operation: String
    package let outputShape: Shape
    /// Values that the layer adds to memory; 0 where it works in place or only flattens.
    package let valueCount: Int
    /// Parameters that training may change.
    package let parameterCount: Int
    /// How these are counted: `(64·3·3 + 1)·128`.
    package let parameterFormula: String
    package let multiplyAdds: Int
    /// The receptive field: width of the square of input pixels that one output pixel sees; nil is
    /// the whole image.
    package let receptiveField: Int?
    /// Whether the stride leaves rows or columns unread.
    package let isRoundedDown: Bool
    package let group: String
  }

  package let title: String
  /// The image, as the graph takes it.
  package let inputShape: Shape
  package let rows: [Row]

  package var parameterCount: Int { rows.reduce(0) { $0 + $1.parameterCount } }
  package var multiplyAdds: Int { rows.reduce(0) { $0 + $1.multiplyAdds } }
  /// The image's values and those of all layers, in-place ones left out.
  package var valueCount: Int { inputShape.elementCount + rows.reduce(0) { $0 + $1.valueCount } }
  /// Bytes that one image needs forward; its gradients need as much again.
  package var activationBytes: Int { 4 * valueCount }
}

extension Model {
  /// The encoder with its own classifier, all parameters zero: for display, not for use.
  package static func blank(_ spec: EncoderSpec) throws -> Model {
    try Model(
      recording: spec, head: .own, classes: (0..<spec.ownClassCount).map { "class \($0)" })
  }

  /// Which layers a summary shows.
  package enum SummaryPart: String, WordChoice {
    case encoder
    case head
    case model
  }

  /// The table of layers; `side` asks for square images of another size.
  package func summary(_ part: SummaryPart = .model, side: Int? = nil) throws -> ModelSummary {
    let input = side.map { self.input.resized(to: $0) } ?? self.input
    let imageShape: Shape = [1, input.height, input.width, input.channels]
    let shapes = try graph.shapes(forInputs: ["image": imageShape])
    var fields = ReceptiveFields(imageID: image.id)
    let groupOfNode = Dictionary(
      groups.flatMap { group in group.nodes.map { ($0, group.name) } },
      uniquingKeysWith: { first, _ in first })
    var rows: [ModelSummary.Row] = []
    for node in graph.nodes(reaching: [logits.id] + auxiliaryLogits.map(\.id)) {
      fields.add(node)
      let group = groupOfNode[node.index] ?? "head"
      guard part == .model || (part == .head) == (group == "head") else { continue }
      rows.append(
        ModelSummary.Row(
          path: node.path, operation: "\(node.op.name) \(node.op.details)",
          outputShape: shapes[node.output],
          valueCount: node.op.worksInPlace || node.op is FlattenOp
            ? 0 : shapes[node.output].elementCount,
          parameterCount: node.parameters.reduce(0) { $0 + ($1.canTrain ? $1.count : 0) },
          parameterFormula: ParameterFormula.text(
            of: node, inputs: node.inputs.map { shapes[$0] }, output: shapes[node.output]),
          multiplyAdds: node.op.multiplyAdds(
            inputs: node.inputs.map { shapes[$0] }, output: shapes[node.output]),
          receptiveField: fields.side(of: node.output),
          isRoundedDown: Self.isRoundedDown(node.op, shapes[node.inputs[0]]), group: group))
    }
    return ModelSummary(
      title: "\(spec.name), head \(headKind), \(input.width)×\(input.height)",
      inputShape: imageShape, rows: rows)
  }

  /// Whether a window's (N + 2P - F) / S is no whole number.
  private static func isRoundedDown(_ op: any Op, _ x: Shape) -> Bool {
    func leaves(_ kernel: Pair, _ stride: Pair, _ padding: Pair, dilation: Pair = 1) -> Bool {
      (x[1] + 2 * padding.y - dilation.y * (kernel.y - 1) - 1) % stride.y != 0
        || (x[2] + 2 * padding.x - dilation.x * (kernel.x - 1) - 1) % stride.x != 0
    }
    switch op {
    case let op as ConvolutionOp:
      return leaves(op.kernel, op.stride, op.padding, dilation: op.dilation)
    case let op as PoolOp: return !op.roundsUp && leaves(op.kernel, op.stride, op.padding)
    default: return false
    }
  }
}

/// How many input pixels each value sees, carried through the graph.
private struct ReceptiveFields {
  /// Side of the seen square and distance between neighbors, in input pixels.
  private var fields: [Int: (side: Int, step: Int)]

  init(imageID: Int) { fields = [imageID: (1, 1)] }

  /// nil when the value sees the whole image.
  func side(of value: Int) -> Int? { fields[value]?.side }

  mutating func add(_ node: Node) {
    let inputs = node.inputs.compactMap { fields[$0] }
    guard inputs.count == node.inputs.count, let window = Self.window(of: node.op) else { return }
    let side = inputs.reduce(0) { max($0, $1.side) }
    let step = inputs.reduce(0) { max($0, $1.step) }
    fields[node.output] = (side + (window.extent - 1) * step, step * window.stride)
  }

  /// nil for operations that see everything.
  private static func window(of op: any Op) -> (extent: Int, stride: Int)? {
    switch op {
    case let op as ConvolutionOp:
      let extent = max(
        (op.kernel.y - 1) * op.dilation.y + 1, (op.kernel.x - 1) * op.dilation.x + 1)
      return (extent, max(op.stride.y, op.stride.x))
    case let op as PoolOp:
      return (max(op.kernel.y, op.kernel.x), max(op.stride.y, op.stride.x))
    case let op as L2PoolOp:
      return (max(op.kernel.y, op.kernel.x), max(op.stride.y, op.stride.x))
    case let op as LocallyConnectedOp:
      return (max(op.kernel.y, op.kernel.x), max(op.stride.y, op.stride.x))
    case let op as PaddingShortcutOp: return (1, op.stride)
    case let op as SubsampleOp: return (1, op.stride)
    // Places lie closer together than those they are made of; what is seen stays.
    case is UpsampleOp, is TransposedConvolutionOp: return (1, 1)
    case is GlobalAveragePoolOp, is AdaptivePoolOp, is FlattenOp: return nil
    default: return (1, 1)
    }
  }
}
