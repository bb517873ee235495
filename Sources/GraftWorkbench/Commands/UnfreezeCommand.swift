import GraftTraining

/// `unfreeze`: overrides the policy for single layers or groups.
package struct UnfreezeCommand: Command {
  package static let specification = CommandSpecification(
    "unfreeze", "train layers again", group: .ingredients,
    parameters: [FreezeCommand.layers],
    examples: ["unfreeze layer1", "unfreeze layer1..layer3", "unfreeze all", "unfreeze"],
    seeAlso: ["policy", "summary", "freeze"], isRecorded: true)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func run(in session: Session) throws {
    try session.override(arguments[FreezeCommand.layers].map(Policy.Override.unfreeze))
  }

  package func lineage(in session: Session) -> Lineage? {
    arguments.isBare ? nil : Lineage(provides: ["freeze"], needs: ["freeze", "policy"])
  }
}
