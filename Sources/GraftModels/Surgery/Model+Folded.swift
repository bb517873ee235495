import GraftBase
import GraftEngine

extension Model {
  /// The same model with the encoder's batch norms folded into its convolutions: what
  /// it predicts in evaluation is the same except for rounding.
  ///
  /// Statistics are stored numbers in evaluation, so a norm is a factor and a summand for each
  /// channel, γ / √(variance + ε) and β - mean · factor, computed in double and rounded once. Names
  /// of weights stay; a convolution without bias gets one. Norms of a decoder stay as they are.
  package func folded() throws -> Model {
    let norms = graph.nodes.compactMap { node in node.op.folding.norm.map { (node, $0) } }
    let result = try Model(
      recording: spec.folded(), head: headKind, classes: classes, input: input,
      precision: precision, isMultiLabel: task == .multiLabel)
    result.calibration = calibration
    let remaining = Set(result.parameters.map(\.name))
    let merged = norms.filter { !remaining.contains($0.0.path + ".running_mean") }
    guard !merged.isEmpty else {
      throw GraftError(
        .usage, "\(spec.shortName) has no batch norms to fold", help: "leave out fold=")
    }
    try result.takeMemory()
    for parameter in result.parameters {
      if let own = self.parameter(parameter.name) { parameter.setTorchValues(own.torchValues()) }
    }
    for (norm, form) in merged {
      let channels = form.factors(of: norm.parameters)
      let isOwn = remaining.contains(norm.path + ".weight")
      let place = isOwn ? norm : graph.convolution(foldingInto: norm, keeping: featureMap)
      guard let path = place?.path, let weight = result.parameter(path + ".weight"),
        let bias = result.parameter(path + ".bias")
      else { preconditionFailure("a folded norm without a position") }
      if isOwn {
        weight.setTorchValues(channels.map { Float($0.factor) })
        bias.setTorchValues(channels.map { Float($0.shift) })
      } else {
        weight.scaleOutputs(by: channels.map { Float($0.factor) })
        // Zero where the convolution had none.
        let old = bias.torchValues()
        bias.setTorchValues(
          zip(old, channels).map { Float(Double($0) * $1.factor + $1.shift) })
      }
    }
    return result
  }

  /// Batch norms in its graph.
  package var normCount: Int { graph.nodes.count { $0.op.folding.norm != nil } }
}
