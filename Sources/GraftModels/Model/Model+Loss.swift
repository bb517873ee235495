import GraftEngine

extension Model {
  /// Takes another loss of the same logits and labels; plans made before keep theirs.
  package func minimize(_ loss: any Loss, classWeights: [Float]? = nil) {
    graph.replaceOperation(making: losses, by: loss.makeOp(classWeights: classWeights))
    copiesOfEachSample = loss.copiesOfEachSample
  }

  /// The loss in words, which checkpoints must agree with; nil for cross-entropy of images, which they
  /// do not mention.
  package var lossText: String? {
    let usual = Losses.usual(for: .classification).makeOp(classWeights: nil)
    guard let op = graph.nodes.last(where: { $0.output == losses.id })?.op,
      (op.name, op.details) != (usual.name, usual.details)
    else { return nil }
    return "\(op.name) \(op.details)"
  }
}
