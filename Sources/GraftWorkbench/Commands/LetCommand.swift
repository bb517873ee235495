/// `let`: names a value.
package struct LetCommand: BindingCommand {
  package static let specification = CommandSpecification(
    "let", "name a value, to use as $name", group: .recipes,
    examples: ["let rate = 1e-3", "let rates = [1e-4, 1e-3]", "let folder = \"my flowers\""],
    seeAlso: ["param", "show"], isRecorded: true, openness: .anyLabel,
    discussion: "Alone, it lists the names. `param` makes a name that the command line may change.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    for argument in arguments.openArguments where !Lexer.isName(argument.label ?? "") {
      throw Diagnostic(
        .malformedDeclaration, "`\(argument.label ?? "")` cannot be a name",
        at: argument.labelSpan, help: "names are letters, digits and _, and start with a letter")
    }
  }

  package func bind(in binder: inout Binder, _ syntax: CommandSyntax) throws {
    for argument in arguments.openArguments {
      binder.bind(argument.label ?? "", to: argument.value)
    }
    try binder.appendAsIs(self, arguments)
  }

  package func run(in session: Session) throws {
    for argument in arguments.openArguments {
      session.environment[argument.label ?? ""] = Environment.Binding(
        role: .constant, value: argument.value)
    }
    if arguments.isBare { ShowCommand.showVariables(.constant, in: session) }
  }

  package func lineage(in session: Session) -> Lineage? { arguments.isBare ? nil : Lineage() }
}
