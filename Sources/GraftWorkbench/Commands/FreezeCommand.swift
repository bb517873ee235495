import GraftBase
import GraftTraining

/// `freeze`: overrides the policy for single layers or groups.
package struct FreezeCommand: Command {
  /// Also of `unfreeze`.
  static let layers = Argument(
    each: "layers", .layers,
    "layers or groups: layer1, layer4.*, layer1..layer3, all, none; alone, shows what is trained"
  ).positional

  package static let specification = CommandSpecification(
    "freeze", "keep layers fixed in training", group: .ingredients,
    parameters: [layers],
    examples: ["freeze layer1", "freeze layer1..layer3", "freeze stem layer1", "freeze"],
    seeAlso: ["policy", "summary", "unfreeze"], isRecorded: true)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func run(in session: Session) throws {
    try session.override(arguments[Self.layers].map(Policy.Override.freeze))
  }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isBare ? nil : Lineage(provides: ["freeze"], needs: ["freeze", "policy"])
  }
}
