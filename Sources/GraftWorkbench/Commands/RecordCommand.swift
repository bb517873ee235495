import GraftBase

/// `record`: writes each recorded line to a recipe as well, from now on.
package struct RecordCommand: Command {
  private static let target: Argument<RecordTarget?> = Argument(
    "file", .recordTarget, otherwise: "what is recorded into now", "recipe to write, or off"
  ).positional

  package static let specification = CommandSpecification(
    "record", "write each recorded line to a recipe, from now on", group: .recipes,
    parameters: [target], examples: ["record session.graft", "record", "record off"],
    seeAlso: ["recipe", "save", "history"], isPromptOnly: true,
    discussion: """
      The recipe holds every line that is recorded after this one, with its result, as `history` shows them; \
      `save FILE.graft` writes only those that the kept runs depend on, the earlier ones too. A file that \
      Graft did not write, or that was changed since, is not replaced.
      """)

  private let target: RecordTarget?

  package init(_ arguments: CheckedArguments) throws { target = arguments[Self.target] }

  package func run(in session: Session) throws {
    switch target {
    case .file(let path)?: try begin(path, in: session)
    case .off?:
      guard let file = session.recordFile else {
        throw GraftError(
          .failed, "nothing is recorded into a file", help: "`record session.graft` begins")
      }
      session.recordFile = nil
      show("recorded", file.path, in: session)
    case nil:
      guard let file = session.recordFile else {
        return session.console.result(
          "nothing is recorded into a file", event: .record, [("path", .null), ("file", .null)])
      }
      show("records into", file.path, in: session)
    }
  }

  private func begin(_ path: String, in session: Session) throws {
    let shown = FilePath.relative(path, to: session.folder)
    guard path.hasSuffix(".graft") else {
      throw GraftError(
        .usage, "`\(shown)` does not end in .graft, and `record` writes a recipe",
        help: "record \(Printer.text(literal: shown + ".graft"))")
    }
    let place = try session.output(path)
    try RecipeText.spareHandwork(at: path, shown, help: "choose another name, or remove it")
    session.recordFile = try RecordFile(place)
    show("records into", path, in: session)
  }

  private func show(_ verb: String, _ path: String, in session: Session) {
    session.console.result(
      "\(verb) \(FilePath.relative(path, to: session.folder))", event: .record,
      session.fields(ofPlace: path))
  }
}

/// A file, or the word that ends it.
private enum RecordTarget: ArgumentReadable {
  case file(String)
  case off

  static let word = "off"

  static func read(_ values: [ArgumentValue]) -> RecordTarget? {
    if case .path(let path)? = values.first { return .file(path) }
    return String.read(values).map { _ in .off }
  }

  var argumentText: String { if case .file(let path) = self { path } else { Self.word } }
}

extension ArgumentType where Value == RecordTarget {
  fileprivate static var recordTarget: Self {
    Self(.either([.choice([RecordTarget.word]), .path(.output)]))
  }
}
