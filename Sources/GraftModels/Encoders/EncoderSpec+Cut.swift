import GraftBase
import GraftEngine

extension EncoderSpec {
  /// The text between an encoder's name and the stage that it is cut after.
  static let cutMark = " until="

  /// This encoder up to the stage `name` and no further: its features are that stage's.
  ///
  /// The stages after it have no layers and no parameters; a weight file of the whole encoder
  /// still loads, without them. The cut encoder has no classifier of its own.
  package func cut(behind name: String) throws -> EncoderSpec {
    guard let last = stages.firstIndex(where: { $0.name == name }) else {
      throw GraftError(
        .usage, "\(self.name) has no stage '\(name.escapingControlCharacters)'",
        help: "its stages: " + stages.map(\.name).joined(separator: ", "))
    }
    let kept = Array(stages[...last])
    let removed = stages[(last + 1)...].flatMap(\.prefixes)
    let whole = self
    let state = ModelState()
    let image = Graph().input("image", [1, input.side, input.side, input.channels])
    let map = try CutEncoder(
      Scope(state), whole, channels: input.channels, keeping: kept, without: removed)(image)
    return EncoderSpec(
      name: self.name + Self.cutMark + name, family: family,
      summary: "\(summary), its first \(kept.count) stages",
      parameterCount: state.parameters.reduce(0) { $0 + ($1.canTrain ? $1.count : 0) },
      stages: kept, featureWidth: map.shape.channels, input: input,
      classifierPrefix: classifierPrefix + removed + auxiliary.map(\.name), linearHeadPath: "head",
      ownClassCount: 0,
      makeEncoder: { scope, channels in
        CutEncoder(scope, whole, channels: channels, keeping: kept, without: removed)
      },
      makeOwnHead: makeOwnHead)
  }
}

/// The first stages of an encoder.
private struct CutEncoder: Encoder {
  let whole: any Encoder
  /// Paths of the layers that stay.
  let prefixes: [String]

  init(
    _ scope: Scope, _ spec: EncoderSpec, channels: Int, keeping stages: [EncoderSpec.Stage],
    without removed: [String]
  ) {
    whole = spec.makeEncoder(scope, channels)
    scope.forget(removed)
    prefixes = stages.flatMap(\.prefixes)
  }

  func callAsFunction(_ image: Value) throws -> Value {
    let map = try whole(image)
    let graph = image.graph
    let last = graph.nodes.last { node in
      prefixes.contains(where: ByteString(node.path).isCovered)
    }
    guard let last else { return map }
    graph.forget(behind: last)
    return graph.output(of: last)
  }
}
