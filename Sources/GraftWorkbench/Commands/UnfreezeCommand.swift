/// `unfreeze`: overrides the policy for single layers or groups.
package struct UnfreezeCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "unfreeze", "let layers learn again", group: .ingredients,
    parameters: [
      .positional(
        "layers", .layers, default: .required, repeats: true,
        "layers or groups: layer1, layer4.*, layer1..layer3, all, none")
    ],
    examples: ["unfreeze layer1", "unfreeze layer1..layer3", "unfreeze all"],
    seeAlso: ["policy", "summary", "freeze"], isRecorded: true)

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(provides: ["freeze"], needs: ["freeze", "policy"])
  }
}
