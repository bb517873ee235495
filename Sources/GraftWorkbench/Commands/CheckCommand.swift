import GraftBase

/// `check`: looks for faults before they cost time, in the data or in a recipe.
package struct CheckCommand: Command {
  package static let specification = CommandSpecification(
    "check", "look for faults in the data or in a recipe", group: .look,
    parameters: [
      .positional("what", .choice(["data", "recipe"]), default: .value("data"), "what to check"),
      .positional("file", .path(.recipe), "the recipe"),
    ],
    examples: ["check", "check data", "check recipe flowers.graft"], seeAlso: ["data", "run"])

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws {
    self.arguments = arguments
    if arguments.text("what") == "recipe" && arguments.path("file") == nil {
      throw arguments.fault(
        .missingParameter, at: "what", "`check recipe` needs a file",
        help: "for example: check recipe flowers.graft")
    }
  }

  package func run(in session: Session) throws {
    guard arguments.text("what") == "recipe", let path = arguments.path("file") else {
      throw GraftError(
        .failed, "there is no data to check", help: "choose it first: data FOLDER")
    }
    let shown = FilePath.relative(path, to: session.folder)
    let file = try SourceFile.read(shown, base: session.folder, folder: session.rootFolder)
    let status = Interpreter(session).check(file)
    if status != 0 { throw GraftError(.failed, "`\(shown)` has faults") }
  }
}
