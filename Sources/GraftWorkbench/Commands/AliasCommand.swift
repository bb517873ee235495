import GraftBase

/// `alias`: a short name of your own for a command, at the prompt.
package struct AliasCommand: Command {
  package static let specification = CommandSpecification(
    "alias", "make a short name for a command", group: .shell,
    examples: ["alias t = \"train epochs=5\"", "alias", "alias l = history"],
    seeAlso: ["set", "show"], isPromptOnly: true, openness: .anyLabel,
    discussion: "Works at the prompt and in the init file; recipes are recorded in full.")

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    for argument in arguments.openArguments {
      let name = argument.label ?? ""
      guard CommandTable.type(for: name) == nil, name != "for", name != "end" else {
        throw Diagnostic(
          .notAllowedHere, "`\(name)` is a command already", at: argument.labelSpan,
          help: "choose another name")
      }
      guard let text = argument.value.literal, !text.trimmingSpaces.isEmpty else {
        throw Diagnostic(
          .wrongType, "an alias stands for text", at: argument.value.span,
          help: "for example: alias t = \"train epochs=5\"")
      }
      let file = SourceFile(name: "alias", text: text, folder: "/")
      let parsed = Parser.parse(file)
      guard parsed.faults.isEmpty, parsed.statements.count == 1,
        case .command(let command) = parsed.statements[0],
        CommandTable.type(for: command.verb) != nil
      else {
        throw Diagnostic(
          .wrongType, "`\(text)` is not one command", at: argument.value.span,
          help: "an alias stands for one command with its first arguments")
      }
    }
  }

  package func run(in session: Session) throws {
    for argument in arguments.openArguments {
      session.aliases[argument.label ?? ""] = argument.value.literal
    }
    if arguments.isBare { Self.showAliases(in: session) }
  }

  static func showAliases(in session: Session) {
    let rows = session.aliases.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
    let frozen = CommandTable.aliases.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
    var table = TextTable(rows: rows + frozen)
    table.alignments = [.left, .left]
    session.console.result(
      table.rendered(width: session.console.tableWidth), event: .aliases,
      [
        (
          "aliases",
          .array(
            (rows + frozen).map {
              .object([("name", .string($0[0])), ("command", .string($0[1]))])
            })
        )
      ])
  }
}
