import GraftBase
import GraftEngine

extension EncoderSpec {
  /// The suffix of the name of an encoder with TensorFlow's padding.
  static let samePaddingMark = " padding=same"

  /// This encoder with TensorFlow's padding, for weights that were trained there.
  ///
  /// Convolutions that keep the size but for their stride pad the odd row and column below and to the
  /// right; poolings stay as they are.
  ///
  /// The layers and parameters are the same; throws where no layer differs.
  package func paddedSame() throws -> EncoderSpec {
    var nodes: [[String]] = []
    for pads in [false, true] {
      let graph = Graph()
      let image = graph.input("image", [1, input.side, input.side, input.channels])
      let scope = Scope(ModelState())
      let encoder = makeEncoder(pads ? scope.paddedSame : scope, input.channels)
      _ = try encoder(image)
      nodes.append(graph.nodes.map(\.path))
    }
    guard nodes[0] != nodes[1] else {
      throw GraftError(
        .usage, "\(name) has no convolution that TensorFlow's padding would change",
        help: "leave out padding=same")
    }
    let whole = self
    return EncoderSpec(
      name: name + Self.samePaddingMark, family: family,
      summary: "\(summary), TensorFlow's padding", parameterCount: parameterCount,
      stages: stages, featureWidth: featureWidth, input: input,
      classifierPrefix: classifierPrefix, linearHeadPath: linearHeadPath,
      ownClassCount: ownClassCount,
      makeEncoder: { whole.makeEncoder($0.paddedSame, $1) }, makeOwnHead: makeOwnHead,
      ownTask: ownTask, auxiliary: auxiliary, auxiliaryParameterCount: auxiliaryParameterCount,
      keepsAuxiliary: keepsAuxiliary)
  }
}
