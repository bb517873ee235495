import GraftBase
import GraftEngine

/// Shows that training changed what it should and nothing else.
///
/// Hashes every tensor, batch-norm statistics included, before and after.
package struct FreezeProof {
  private let frozen: [(parameter: Parameter, before: ContentHash.Digest)]
  private let changing: [(parameter: Parameter, before: ContentHash.Digest)]

  /// Takes the hashes before training.
  package init(_ policy: ResolvedPolicy) {
    frozen = policy.frozen.map { ($0, $0.contentHash) }
    changing = policy.changing.map { ($0, $0.contentHash) }
  }

  /// What the comparison of hashes showed.
  package struct Outcome: Sendable, Hashable, CustomStringConvertible {
    package let frozenCount: Int
    /// Frozen tensors whose bits changed; anything here is a bug.
    package let changedFrozen: [String]
    package let trainableCount: Int
    /// Trainable tensors that training left as they were.
    package let unchangedTrainable: [String]

    package var holds: Bool { changedFrozen.isEmpty }

    /// `0 of 60 frozen tensors changed; all 2 trainable tensors changed`.
    package var description: String {
      let learned = trainableCount - unchangedTrainable.count
      let inverse =
        unchangedTrainable.isEmpty
        ? "all \(trainableCount) trainable tensors changed"
        : "\(learned) of \(trainableCount) trainable tensors changed (not "
          + unchangedTrainable.prefix(3).joined(separator: ", ")
          + (unchangedTrainable.count > 3 ? ", …)" : ")")
      guard frozenCount > 0 else { return "nothing was frozen; \(inverse)" }
      return "\(changedFrozen.count) of \(frozenCount) frozen tensors changed; \(inverse)"
    }
  }

  /// Compares with the hashes now.
  package func outcome() -> Outcome {
    Outcome(
      frozenCount: frozen.count,
      changedFrozen: frozen.filter { $0.parameter.contentHash != $0.before }.map(\.parameter.name),
      trainableCount: changing.count,
      unchangedTrainable: changing.filter { $0.parameter.contentHash == $0.before }
        .map(\.parameter.name))
  }

  /// Compares and fails when a frozen tensor moved.
  package func verified() throws -> Outcome {
    let outcome = outcome()
    guard outcome.holds else {
      throw GraftError(
        .failed, "\(outcome): \(outcome.changedFrozen.prefix(5).joined(separator: ", "))",
        help: "this is a bug in graft; please report it with the recipe")
    }
    return outcome
  }
}
