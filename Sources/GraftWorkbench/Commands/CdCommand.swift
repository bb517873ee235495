import GraftBase

/// `cd`: changes the folder that relative paths start from.
package struct CdCommand: Command {
  private static let destination = Argument("folder", .path(.folder), "the folder").positional

  package static let specification = CommandSpecification(
    "cd", "change the folder that relative paths start from", group: .shell,
    parameters: [destination],
    examples: ["cd ..", "cd ~", "cd"], seeAlso: ["ls"], isPromptOnly: true,
    discussion: "Alone, it shows the folder.")

  private let folder: String?

  package init(_ arguments: CheckedArguments) throws { folder = arguments[Self.destination] }

  package func run(in session: Session) throws {
    if let folder {
      session.folder =
        folder.hasSuffix("/") && folder.count > 1 ? String(folder.dropLast()) : folder
    }
    session.console.print(session.folder)
  }

  package static func currentValues(in session: Session) -> [String: String] {
    [destination.name: session.folder.escapingControlCharacters]
  }
}
