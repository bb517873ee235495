/// `load`: takes a saved model, with its classes and preprocessing.
package struct LoadCommand: DeclaredCommand {
  package static let specification = CommandSpecification(
    "load", "take a saved model or recipe", group: .keep,
    parameters: [.positional("file", .path(.file), default: .required, "a .safetensors file")],
    examples: [
      "load flowers.safetensors", "load flowers.safetensors ; predict rose.jpg",
      "load runs/best.safetensors",
    ],
    seeAlso: ["save", "predict"], isRecorded: true)

  package let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func lineage(in session: Session) -> Lineage? {
    Lineage(provides: ["current", "encoder", "head", "policy", "freeze"])
  }
}
