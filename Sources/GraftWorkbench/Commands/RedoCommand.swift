import GraftBase

/// `redo`: does again what `undo` took back.
package struct RedoCommand: BindingCommand {
  package static let specification = CommandSpecification(
    "redo", "do again what `undo` took back", group: .recipes,
    examples: ["undo ; redo", "undo ; redo ; history", "undo ; undo ; redo ; redo"],
    seeAlso: ["undo", "history"],
    isRecorded: true,
    discussion: "Nothing is computed again: runs and weights come back as they were.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func bind(in binder: inout Binder, _ syntax: CommandSyntax) throws {
    guard binder.mode == .recipe else { return try binder.appendAsIs(self, arguments) }
    try binder.putBack(syntax)
  }

  package func run(in session: Session) throws {
    let step = try session.redo()
    session.noteOnly()
    session.console.result(
      "done again: \(step.command)", event: .redo, [("text", .string(step.command))])
  }

  /// What follows is judged as it runs.
  package func rehearse(in trial: Session) throws { trial.isEnding = true }
}
