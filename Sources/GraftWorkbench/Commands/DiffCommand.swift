import GraftBase

/// `diff`: what differs between two runs or two recipes.
package struct DiffCommand: Command {
  private static let left = Argument(
    required: "left", .recipeSource, "a run, of this session or on disk, or a recipe file"
  ).positional
  private static let right = Argument(
    required: "right", .recipeSource, "what it is compared with"
  ).positional

  package static let specification = CommandSpecification(
    "diff", "compare two runs or two recipes, line by line", group: .keep,
    parameters: [left, right],
    examples: ["diff A C", "diff A flowers.graft", "diff flowers.graft common.graft"],
    seeAlso: ["runs", "recipe"],
    discussion: """
      A run is compared as the lines that lead to it. Lines with - are only in the first, those with + only in \
      the second, each with its result. In the shell: `graft diff A.graft B.graft`.
      """)

  private let arguments: CheckedArguments

  package init(_ arguments: CheckedArguments) throws { self.arguments = arguments }

  package func run(in session: Session) throws {
    let sources = [arguments[Self.left], arguments[Self.right]]
    // Runs on disk are kept with paths from the root.
    let isOfSession = sources.allSatisfy {
      $0.run.map { session.workbench.run(named: $0) != nil } ?? true
    }
    let folder = isOfSession ? session.folder : "/"
    let recipes = try sources.map { try parsed($0, in: session, folder: folder) }
    let difference = RecipeDifference(recipes[0], recipes[1])
    let names = sources.map { $0.run ?? FilePath.relative($0.argumentText, to: session.folder) }
    session.console.event(
      .diff,
      [
        ("left", .string(names[0])), ("right", .string(names[1])),
        ("removed", .array(texts(of: difference, .left))),
        ("added", .array(texts(of: difference, .right))),
      ])
    guard !difference.isEmpty else {
      return session.console.print("\(names[0]) and \(names[1]) are the same, line by line")
    }
    let paint = session.console.paint
    session.console.print(paint.red("- \(names[0])") + "\n" + paint.green("+ \(names[1])") + "\n")
    for line in difference.shown() {
      let text = line.map { "\($0.mark.rawValue) \($0.text.escapingControlCharacters)" } ?? "  …"
      switch line?.mark {
      case .left: session.console.print(paint.red(text))
      case .right: session.console.print(paint.green(text))
      case .both, nil: session.console.print(paint.dim(text))
      }
    }
  }

  private func texts(
    of difference: RecipeDifference, _ mark: RecipeDifference.Mark
  ) -> [JSONValue] {
    difference.lines.filter { $0.mark == mark }.map { .string($0.text) }
  }

  private func parsed(
    _ source: RecipeSource, in session: Session, folder: String
  ) throws -> ParsedSource {
    let file: SourceFile
    switch source {
    case .file(let path): file = try SourceFile.read(path, base: "/")
    case .run(let name):
      file = SourceFile(
        name: "recipe of \(name)", text: try session.recipe(ofRun: name, folder: folder),
        folder: folder)
    }
    let parsed = Parser.parse(file)
    if let fault = parsed.faults.first { throw fault }
    return parsed
  }
}

extension Session {
  /// The lines that lead to a run, of this session or on disk, without those that only judge or write.
  fileprivate func recipe(ofRun name: String, folder: String) throws -> String {
    guard let run = workbench.run(named: name) else { return try storedRun(called: name).recipe }
    if let recipe = run.recipe { return recipe }
    var distiller = Distiller(
      recorder.statements, keeping: ["run:\(name)"], folder: folder, withOutcomes: false)
    return distiller.recipe()
  }
}

/// Whose lines are compared.
private enum RecipeSource: ArgumentReadable {
  case run(String)
  case file(String)

  static func read(_ values: [ArgumentValue]) -> RecipeSource? {
    if case .path(let path)? = values.first { return .file(path) }
    return String.read(values).map(RecipeSource.run)
  }

  var argumentText: String {
    switch self {
    case .run(let text), .file(let text): text
    }
  }

  var run: String? { if case .run(let name) = self { name } else { nil } }
}

extension ArgumentType where Value == RecipeSource {
  /// A file where there is one, else a run.
  fileprivate static var recipeSource: Self {
    Self(.either([.path(.recipe), .name(.storedRun)]))
  }
}
