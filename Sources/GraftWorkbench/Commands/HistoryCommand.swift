import GraftBase

/// `history`: what was recorded, line by line.
package struct HistoryCommand: Command {
  private static let count = Argument(
    "count", .integer(1...1_000_000), otherwise: "all", "how many lines"
  ).positional

  package static let specification = CommandSpecification(
    "history", "show the recorded lines with their results", group: .recipes,
    parameters: [count], examples: ["history", "history 10", "history ; recipe"],
    seeAlso: ["recipe", "note"])

  private let count: Int?

  package init(_ arguments: CheckedArguments) throws { count = arguments[Self.count] }

  package func run(in session: Session) throws {
    let lines = Array(session.recorder.transcript(relativeTo: session.folder).enumerated())
    if lines.isEmpty { session.console.progress("nothing recorded yet") }
    let width = String(lines.count).count
    for (index, line) in lines.suffix(count ?? lines.count) {
      let number = String(index + 1)
      let margin = String(repeating: " ", count: 2 + width - number.count)
      session.console.result(
        margin + session.console.paint.dim(number) + "  " + line, event: .history,
        [("number", .integer(index + 1)), ("text", .string(line))], isVerbatim: true)
    }
  }
}
