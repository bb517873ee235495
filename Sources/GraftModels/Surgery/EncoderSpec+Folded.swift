import GraftEngine

extension EncoderSpec {
  /// The suffix of the name of an encoder without batch norms.
  static let foldMark = " folded"

  /// Whether it is one.
  package var isFolded: Bool { name.hasSuffix(Self.foldMark) }

  /// This encoder with its batch norms folded, for evaluation: each goes into the preceding
  /// convolution, which then has a bias; without one of its own, it becomes a factor and a summand
  /// per channel.
  ///
  /// Auxiliary classifiers are left out. `Model.folded` gives it weights.
  package func folded() -> EncoderSpec {
    guard !isFolded else { return self }
    let whole = self
    func count(_ make: (Scope) -> any Encoder) -> Int {
      let state = ModelState()
      _ = make(Scope(state))
      return state.parameters.reduce(0) { $0 + ($1.canTrain ? $1.count : 0) }
    }
    let channels = input.channels
    let difference =
      count { FoldedEncoder($0, whole, channels: channels) }
      - count { whole.makeEncoder($0, channels) }
    return EncoderSpec(
      name: name + Self.foldMark, family: family, summary: "\(summary), batch norms folded",
      parameterCount: parameterCount + difference, stages: stages, featureWidth: featureWidth,
      input: input, classifierPrefix: classifierPrefix + auxiliary.map(\.name),
      linearHeadPath: linearHeadPath, ownClassCount: ownClassCount,
      makeEncoder: { FoldedEncoder($0, whole, channels: $1) }, makeOwnHead: makeOwnHead,
      ownTask: ownTask)
  }
}

/// An encoder with folded batch norms, recorded from the whole one.
private struct FoldedEncoder: Encoder {
  private let whole: any Encoder
  /// Paths of the folded norms, and the biases of convolutions that got one.
  private var merged: Set<String> = []
  private var biases: [String: Parameter] = [:]

  init(_ scope: Scope, _ spec: EncoderSpec, channels: Int) {
    whole = spec.makeEncoder(scope, channels)
    let graph = Graph()
    let image = graph.input("image", [1, spec.input.side, spec.input.side, channels])
    // What cannot be recorded throws when it is recorded.
    guard let map = try? whole(image) else { return }
    for node in graph.nodes where node.op.folding.norm != nil {
      guard let convolution = graph.convolution(foldingInto: node, keeping: map) else {
        scope.forget(
          ["running_mean", "running_var", "num_batches_tracked"].map { node.path + "." + $0 })
        continue
      }
      merged.insert(node.path)
      scope.forget([node.path])
      guard let weight = convolution.parameters.first, convolution.parameters.count == 1 else {
        continue
      }
      biases[convolution.path] = scope.bias(of: convolution.path, behind: weight)
    }
  }

  func callAsFunction(_ image: Value) throws -> Value {
    let source = Graph()
    let own = source.input("image", image.shape)
    let map = try whole(own)
    var values = [own.id: image]
    for node in source.nodes {
      let inputs = node.inputs.compactMap { values[$0] }
      var (op, parameters) = (node.op, node.parameters)
      if op.folding.norm != nil {
        guard !merged.contains(node.path) else {
          values[node.output] = inputs[0]
          continue
        }
        (op, parameters) = (ChannelAffineOp(), Array(parameters.prefix(2)))
      } else if let bias = biases[node.path], let opWithBias = op.folding.opWithBias {
        (op, parameters) = (opWithBias, parameters + [bias])
      }
      values[node.output] = try image.graph.record(
        op, inputs, parameters: parameters, path: node.path)
    }
    guard let result = values[map.id] else { preconditionFailure("a map without a node") }
    return result
  }
}

extension Graph {
  /// The convolution that a batch norm can be folded into: nothing else reads its result.
  func convolution(foldingInto norm: Node, keeping map: Value) -> Node? {
    let value = norm.inputs[0]
    guard let producer = values[value].producer, nodes[producer].op.folding.opWithBias != nil,
      value != map.id, nodes.count(where: { $0.inputs.contains(value) }) == 1
    else { return nil }
    return nodes[producer]
  }
}
