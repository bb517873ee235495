/// `recipe`: the distilled recipe so far.
package struct RecipeCommand: Command {
  package static let specification = CommandSpecification(
    "recipe", "show the recipe of this session so far", group: .recipes,
    examples: ["recipe", "recipe ; history", "recipe ; save flowers.graft"],
    seeAlso: ["save", "history", "run"],
    discussion: "Only the lines that the kept runs depend on; `save FILE.graft` writes it.")

  package init(_ arguments: CheckedArguments) throws {}

  package func run(in session: Session) throws {
    guard !session.recorder.statements.isEmpty else {
      session.console.progress("nothing recorded yet; `encoder` and `data` are good first lines")
      return
    }
    let text = session.distilledRecipe(folder: session.folder)
    session.console.document(String(text.dropLast()), event: .recipe)
  }
}
