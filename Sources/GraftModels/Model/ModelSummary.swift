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
    let imageShape: Shape = [1, input.side, input.side, input.channels]
    let shapes = try graph.shapes(forInputs: ["image": imageShape])
    var fields = ReceptiveFields(of: image)
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
          valueCount: node.op.countsValues ? shapes[node.output].elementCount : 0,
          parameterCount: node.parameters.reduce(0) { $0 + ($1.canTrain ? $1.count : 0) },
          parameterFormula: node.parameterFormula(inputs: node.inputs.map { shapes[$0] }),
          multiplyAdds: node.op.multiplyAdds(
            inputs: node.inputs.map { shapes[$0] }, output: shapes[node.output]),
          receptiveField: fields[node.output].map { max($0.side.y, $0.side.x) },
          isRoundedDown: node.op.window.leavesPixelsUnread(of: shapes[node.inputs[0]]),
          group: group))
    }
    return ModelSummary(
      title: "\(spec.name), head \(headKind), \(input.side)×\(input.side)",
      inputShape: imageShape, rows: rows)
  }
}
