import GraftBase

/// `note`: a remark that stays in the journal and in the recipe.
package struct NoteCommand: Command {
  private static let text = Argument(
    each: "text", .text, isRequired: true, "the remark"
  ).positional

  package static let specification = CommandSpecification(
    "note", "write a remark into the recipe", group: .recipes,
    parameters: [text],
    examples: ["note \"blurry photos are all from June\"", "note first try", "note 'cost: 12 $'"],
    seeAlso: ["history", "recipe"], isRecorded: true)

  package init(_ arguments: CheckedArguments) throws {}

  package func run(in session: Session) throws {}

  package func lineage(in session: Session) -> Lineage? { Lineage(isOutcome: true) }
}
