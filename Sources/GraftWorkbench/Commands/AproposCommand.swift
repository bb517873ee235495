import GraftBase

/// `apropos`: searches the texts of all commands, parameters and ops.
package struct AproposCommand: Command {
  private static let word = Argument(
    each: "word", .text, isRequired: true, "what to search for"
  ).positional

  package static let specification = CommandSpecification(
    "apropos", "search all help texts for a word", group: .shell,
    parameters: [word], examples: ["apropos rate", "apropos freeze", "apropos \"batch norm\""],
    seeAlso: ["help"])

  private let words: [String]

  package init(_ arguments: CheckedArguments) throws { words = arguments[Self.word] }

  package func run(in session: Session) throws {
    let found = HelpText.search(words, in: session.vocabulary)
    guard !found.isEmpty else {
      session.console.progress("nothing found about `\(words.joined(separator: " "))`")
      return session.console.event(.apropos, [("topics", .array([]))])
    }
    var table = TextTable(rows: found.map { [$0.topic, $0.summary] })
    table.alignments = [.left, .left]
    session.console.result(
      table.rendered(width: session.console.tableWidth), event: .apropos,
      [
        (
          "topics",
          .array(
            found.map {
              .object([("topic", .string($0.topic)), ("summary", .string($0.summary))])
            })
        )
      ])
  }
}
