/// `quit`: ends the session.
package struct QuitCommand: Command {
  package static let specification = CommandSpecification(
    "quit", "leave graft", group: .shell, examples: ["quit", "exit", "history ; quit"],
    seeAlso: ["save"],
    discussion:
      "Ctrl-D at an empty prompt does the same. Where runs are not saved, the first time only says so and "
      + "how to keep them.")

  package init(_ arguments: CheckedArguments) throws {}

  package func run(in session: Session) throws { session.leave() }
}
