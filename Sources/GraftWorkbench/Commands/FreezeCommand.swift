/// `freeze`: overrides the policy for single layers or groups.
package struct FreezeCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "freeze", "keep layers as they are while training", group: .ingredients,
    parameters: [
      .positional(
        "layers", .layers, default: .required, repeats: true,
        "layers or groups: layer1, layer4.*, layer1..layer3, all, none")
    ],
    examples: ["freeze layer1", "freeze layer1..layer3", "freeze all"],
    seeAlso: ["policy", "summary", "unfreeze"], isRecorded: true)

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(provides: ["freeze"], needs: ["freeze", "policy"])
  }
}
