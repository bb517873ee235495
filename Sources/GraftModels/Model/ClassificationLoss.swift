import GraftEngine

/// What training minimizes over classes.
package enum ClassificationLoss: String, Sendable, CaseIterable {
  /// Cross-entropy of softmax.
  case crossEntropy = "ce"
  /// torch's `MultiMarginLoss`: the mean over classes of the hinge.
  case hinge
  /// CS231n's support vector machine: the sum of the hinge.
  case svm
  /// Binary cross-entropy of each class by itself.
  case binary = "bce"
  /// Focal loss of gamma 2.
  case focal
  /// AugMix's: cross-entropy of the plain image, and agreement of the predictions for two augmented
  /// copies.
  case consistency = "jsd"

  /// Images of each sample in a batch.
  package var copies: Int { self == .consistency ? 3 : 1 }

  var op: any Op {
    switch self {
    case .crossEntropy: SoftmaxCrossEntropyOp()
    case .hinge: ClassificationLossOp(.hinge(margin: 1, isMean: true))
    case .svm: ClassificationLossOp(.hinge(margin: 1, isMean: false))
    case .binary: ClassificationLossOp(.binary)
    case .focal: ClassificationLossOp(.focal(gamma: 2))
    case .consistency: ConsistencyLossOp()
    }
  }
}

extension Model {
  /// Takes another loss of the same logits and labels; plans made before keep theirs.
  package func minimize(_ loss: ClassificationLoss) {
    graph.replaceOperation(making: losses, by: loss.op)
    copiesOfEachSample = loss.copies
  }

  /// Takes another loss of the same pixels.
  package func minimize(_ loss: SegmentationLoss) {
    graph.replaceOperation(making: losses, by: SegmentationLossOp(loss))
  }

  /// The loss in words, which checkpoints must agree with.
  package var lossText: String {
    graph.nodes.last { $0.output == losses.id }.map { "\($0.op.name) \($0.op.details)" } ?? ""
  }
}
