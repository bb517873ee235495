import GraftEngine

/// A layer group: the part of a model that is frozen or given a learning rate as one.
package struct LayerGroup: Sendable {
  /// The name for policies: `stem`, `layer3`, `head`.
  package let name: String
  package let parameters: [Parameter]
  /// Indices of the graph's nodes.
  package let nodes: [Int]

  /// Parameters that training may change.
  package var parameterCount: Int {
    parameters.reduce(0) { $0 + ($1.canTrain ? $1.count : 0) }
  }
}

extension LayerGroup {
  /// Assigns parameters and nodes to the encoder's stages by their paths; the rest is the head.
  static func groups(
    of spec: EncoderSpec, parameters: [Parameter], nodes: some Sequence<Node>
  ) -> [LayerGroup] {
    let names = spec.stages.map(\.name) + ["head"]
    func stage(of path: String) -> String {
      let path = ByteString(path)
      return spec.stages.first { $0.prefixes.contains(where: path.isCovered) }?.name ?? "head"
    }
    let parameters = Dictionary(grouping: parameters) { stage(of: $0.name) }
    let nodes = Dictionary(grouping: nodes) { stage(of: $0.path) }
    return names.map { name in
      LayerGroup(
        name: name, parameters: parameters[name] ?? [],
        nodes: (nodes[name] ?? []).map(\.index))
    }
  }
}
