import GraftBase
import GraftModels

/// That a run's head is solved for instead of trained, and how: the settings of `solve`.
package enum HeadSolving: Hashable, Sendable, CustomStringConvertible {
  /// The weights of a linear layer by logistic regression, with an L2 of this strength; nil chooses it
  /// by parts of the training images that are held out in turn, as many as there are images at most.
  case logistic(l2: Double?, folds: Int)
  /// What a `SolvedHead` keeps of the features.
  case features

  package static let usualFolds = 5

  /// The logistic regression that is usual.
  package static let logistic = HeadSolving.logistic(l2: nil, folds: usualFolds)

  /// As it is typed: `solve l2=auto folds=5`.
  package var description: String {
    switch self {
    case .logistic(let l2?, _): "solve l2=\(l2.shortText)"
    case .logistic(nil, let folds): "solve l2=auto folds=\(folds)"
    case .features: "solve"
    }
  }

  /// Refuses heads that are not one linear layer on constant features, or what a `SolvedHead` is.
  func validate(for phase: PreparedPhase) throws {
    let model = phase.model
    guard model.task == .classification else {
      throw GraftError(
        .usage,
        "`solve` finds weights for one class per image, and head \(model.headKind) predicts "
          + "\(model.task)", help: "use `train`")
    }
    guard model.headKind.kind == LinearHead.self || model.headKind.isSolved else {
      throw GraftError(
        .usage,
        "`solve` finds the weights of one fully connected layer, not of head \(model.headKind)",
        help: "choose it: head linear; or use `train`")
    }
    guard model.auxiliaryLogits.isEmpty else {
      throw GraftError(
        .usage, "the auxiliary classifiers of \(model.spec.shortName) can only be trained",
        help: "use the encoder without them: encoder \(model.spec.shortName) aux=no")
    }
    guard phase.prefix?.cut.id == model.headInput.id else {
      throw GraftError(
        .usage, "\(model.spec.shortName) has no features before its head that could be kept",
        help: "use `train`")
    }
  }

  /// Refuses to train what only `solve` computes.
  static func requireTrainable(_ head: HeadSpec) throws {
    guard head.isSolved else { return }
    throw GraftError(
      .usage, "head \(head) is computed from the training images and not trained",
      help: "use `solve`, or train another: head linear")
  }
}

/// What solving a head came to, beside its weights: the same on every machine.
package struct HeadSolution: Codable, Hashable, Sendable {
  /// The strength of L2; nil where there is none.
  package var l2: Double?
  /// Strengths that were tried by folds; 1 where it was given.
  package var tried = 1
  /// Parts held out in turn; 0 where L2 was given.
  package var folds = 0
  package var iterations = 0
}
