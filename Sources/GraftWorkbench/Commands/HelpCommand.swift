import GraftBase

/// `help`: everything in the command table, for people.
package struct HelpCommand: Command {
  private static let topic = Argument(
    each: "topic", .text, "a command, one with a parameter, or an op of augment"
  ).positional

  package static let specification = CommandSpecification(
    "help", "explain a command, a parameter or an op", group: .shell,
    parameters: [topic], examples: ["help", "help train", "help train.lr", "help train lr"],
    seeAlso: ["apropos"],
    discussion: "`train ?` does the same as `help train`.")

  private let topic: String?
  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    let words = arguments[Self.topic]
    topic = words.isEmpty ? nil : words.joined(separator: ".")
    self.arguments = arguments
  }

  package func run(in session: Session) throws {
    let text = HelpText(
      vocabulary: session.vocabulary, paint: session.console.paint, width: session.console.width,
      currentValues: { CommandTable.type(for: $0)?.currentValues(in: session) ?? [:] })
    guard let topic else { return session.console.document(text.overview(), event: .help) }
    guard let page = text.page(about: topic) else {
      let (suggestion, help) = Suggestion.help(for: topic, among: text.topics)
      throw Diagnostic(
        .unknownValue, "there is no help about `\(topic)`", at: arguments.span(of: Self.topic),
        suggestion: suggestion, help: help ?? "`apropos \(topic)` searches all texts")
    }
    session.console.document(page, event: .help)
  }
}
