import GraftBase

/// `ls`: what lies in a folder.
package struct LsCommand: Command {
  private static let place = Argument(
    "folder", .path(.folder), default: ".", "the folder"
  ).positional

  package static let specification = CommandSpecification(
    "ls", "list a folder", group: .shell,
    parameters: [place],
    examples: ["ls", "ls ..", "ls ~"], seeAlso: ["cd"], isPromptOnly: true)

  private let folder: String

  package init(_ arguments: CheckedArguments) throws { folder = arguments[Self.place] }

  package func run(in session: Session) throws {
    let names = FolderListing.entries(of: folder).map {
      $0.name.escapingControlCharacters + ($0.isFolder ? "/" : "")
    }
    session.console.print(ColumnLayout.text(names, width: session.console.width))
  }
}
