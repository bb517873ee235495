import GraftBase
import GraftData

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
      return try checkData(in: session)
    }
    let shown = FilePath.relative(path, to: session.folder)
    let file = try SourceFile.read(shown, base: session.folder, folder: session.rootFolder)
    let status = Interpreter(session).check(file)
    if status != 0 { throw GraftError(.failed, "`\(shown)` has faults") }
  }

  /// Lists what is wrong with the images: bad files, what was ignored, pictures on both sides.
  private func checkData(in session: Session) throws {
    let data = try session.requireData()
    var lines = [data.summary]
    lines += data.badFiles.map { "bad: \($0)" }
    lines += data.ignored.map { "ignored: \($0.path.escapingControlCharacters) \($0.reason)" }
    lines += data.straddlingDuplicates.map { "in more than one part: \($0)" }
    lines += (data.warnings + data.sizeWarnings).map { "warning: \($0)" }
    if lines.count == 1 { lines.append("nothing to complain about") }
    session.console.result(lines.joined(separator: "\n"), event: "check", DataCommand.fields(data))
  }
}
