import GraftBase
import GraftModels

/// That a run's head is solved for instead of trained, and how: the settings of `solve`.
package struct HeadSolving: Hashable, Sendable, CustomStringConvertible {
  /// The strength of L2; nil chooses it by `folds`.
  package var l2: Double?
  /// Parts of the training images that are held out in turn to choose L2; of fewer images, each is one.
  package var folds: Int

  package init(l2: Double? = nil, folds: Int = 5) {
    self.l2 = l2
    self.folds = folds
  }

  /// As it is typed: `l2=auto folds=5`.
  package var description: String { l2.map { "l2=\($0.shortText)" } ?? "l2=auto folds=\(folds)" }

  /// Refuses heads that are not one linear layer on constant features.
  func validate(for phase: PreparedPhase) throws {
    let model = phase.model
    guard model.task == .classification else {
      throw GraftError(
        .usage,
        "`solve` finds weights for one class per image, and head \(model.headKind) predicts "
          + "\(model.task)", help: "use `train`")
    }
    guard model.headKind.kind == LinearHead.self else {
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
}

/// What solving a head came to, beside its weights: the same on every machine.
package struct HeadSolution: Codable, Hashable, Sendable {
  package let l2: Double
  /// Strengths that were tried by folds; 1 where it was given.
  package let tried: Int
  /// Parts held out in turn; 0 where L2 was given.
  package let folds: Int
  package let iterations: Int
}
