import GraftBase

/// `undo`: takes the last recorded command back.
package struct UndoCommand: BindingCommand {
  package static let specification = CommandSpecification(
    "undo", "take the last recorded command back", group: .recipes,
    examples: ["undo", "undo ; recipe", "undo ; undo ; redo"], seeAlso: ["redo", "history"],
    isRecorded: true,
    discussion:
      "Choices, runs and their weights are as they were before. Files that were written stay, and `drop` "
      + "cannot be taken back. At the prompt the last 20 commands can be; in a recipe, such as the journal "
      + "of a session, the recorded line above does not run.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func bind(in binder: inout Binder, _ syntax: CommandSyntax) throws {
    guard binder.mode == .recipe else { return try binder.appendAsIs(self, arguments) }
    try binder.takeBack(syntax)
  }

  package func run(in session: Session) throws {
    let step = try session.undo()
    session.noteOnly()
    session.console.result(
      "undone: \(step.command)" + (step.isOutcome ? "; what it wrote stays" : ""), event: .undo,
      [("text", .string(step.command))])
  }

  /// What follows is judged as it runs.
  package func rehearse(in trial: Session) throws { trial.isEnding = true }
}
