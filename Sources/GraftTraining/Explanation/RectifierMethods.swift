import GraftEngine

/// What a deconvolutional network makes of the score: gradients that pass each rectifier where they are
/// positive.
package enum Deconvolution: ExplanationMethod {
  package static let name = "deconvnet"
  package static let summary =
    "the score projected back to pixels, positive parts only, through the switches of max pooling"
  package static let source = "Zeiler and Fergus, 2014"
  package static let settings: Set<ExplanationSettings.Key> = []

  package static func attribution(
    of image: [Float], _ focus: ScoreFocus, _ probe: ScoreProbe, _ settings: ExplanationSettings,
    progress: (Double) throws -> Void
  ) throws -> Attribution {
    try projected(image, focus, probe, rule: .deconvolution)
  }
}

/// Gradients that pass each rectifier where they are positive and it was active.
package enum GuidedBackpropagation: ExplanationMethod {
  package static let name = "guided"
  package static let summary =
    "gradients that pass only where they and the activation are positive"
  package static let source = "Springenberg et al., 2015"
  package static let settings: Set<ExplanationSettings.Key> = []

  package static func attribution(
    of image: [Float], _ focus: ScoreFocus, _ probe: ScoreProbe, _ settings: ExplanationSettings,
    progress: (Double) throws -> Void
  ) throws -> Attribution {
    try projected(image, focus, probe, rule: .guided)
  }
}

extension ExplanationMethod {
  /// The score's gradient at each pixel by a rule for rectifiers.
  fileprivate static func projected(
    _ image: [Float], _ focus: ScoreFocus, _ probe: ScoreProbe, rule: RectifierRule
  ) throws -> Attribution {
    let found = try probe.gradients(of: image, at: probe.network.image, focus, rule: rule)
    var result = Attribution.ofPixels(found.gradients, probe, isSigned: true, kind: .projection)
    let network = probe.network
    let others = Set(
      network.graph.nodes(reaching: [network.logits.id]).compactMap { node in
        (node.op as? ActivationOp)?.activation
      }
    ).filter { ![.relu, .relu6, .linear].contains($0) }.map(\.name).sorted()
    if !others.isEmpty {
      result.notes.append(
        "the rule is for rectifiers; \(others.joined(separator: ", ")) pass their derivatives")
    }
    return result
  }
}
