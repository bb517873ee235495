import GraftBase

/// `show`: settings, knobs, names and aliases as they are now.
package struct ShowCommand: Command {
  private enum Subject: String, WordChoice {
    case settings, knobs, names, aliases, pretrained, version
  }

  private static let what = Argument(
    "what", .word, default: Subject.settings, "what to show"
  ).positional

  package static let specification = CommandSpecification(
    "show", "show settings, knobs, names, aliases or published weights", group: .shell,
    parameters: [what],
    examples: ["show", "show knobs", "show aliases", "show pretrained"],
    seeAlso: ["set", "param", "let", "alias", "encoder"])

  private let what: Subject

  package init(_ arguments: CheckedArguments) throws {
    what = arguments[Self.what]
  }

  package func run(in session: Session) throws {
    switch what {
    case .knobs: Self.showVariables(.knob, in: session)
    case .names: Self.showVariables(.constant, in: session)
    case .pretrained: Self.showPretrained(in: session)
    case .aliases: AliasCommand.showAliases(in: session)
    case .version: Version.show(on: session.console)
    case .settings: Self.showSettings(in: session)
    }
  }

  /// The settings as they are, in the order of the table.
  static func settings(of session: Session) -> [(argument: any AnyArgument, value: String)] {
    let settings = session.settings
    return [
      (SetCommand.threads, settings.threads == 0 ? "0 (one per core)" : "\(settings.threads)"),
      (SetCommand.image, settings.image.rawValue), (SetCommand.color, settings.color.rawValue),
      (SetCommand.prompt, settings.prompt.isEmpty ? "\"\"" : settings.prompt),
      (SetCommand.pager, settings.pager),
      (SetCommand.cache, session.workbench.features.mode.rawValue),
      (SetCommand.checkpoint, settings.checkpoint.rawValue),
      (SetCommand.precision, session.workbench.precision.rawValue),
      (SetCommand.progress, settings.isProgressShown.argumentText),
    ]
  }

  static func showSettings(in session: Session) {
    let values = settings(of: session)
    var table = TextTable(
      rows: values.map { [$0.argument.name, $0.value, $0.argument.declaration.summary] })
    table.alignments = [.left, .left, .left]
    session.console.result(
      table.rendered(width: session.console.tableWidth), event: .settings,
      values.map { ($0.argument.name, json($0.argument, $0.value, in: session)) })
  }

  /// A setting for programs: what is a number or a flag is one.
  private static func json(
    _ argument: any AnyArgument, _ value: String, in session: Session
  ) -> JSONValue {
    switch argument.name {
    case SetCommand.threads.name: .integer(session.settings.threads)
    case SetCommand.progress.name: .bool(session.settings.isProgressShown)
    case SetCommand.prompt.name: .string(session.settings.prompt)
    default: .string(value)
    }
  }

  /// A knob or a named value.
  static func object(_ row: [String]) -> JSONValue {
    .object(zip(["name", "value", "summary"], row).map { ($0, .string($1)) })
  }

  /// The catalog of published weights, and which files are available.
  static func showPretrained(in session: Session) {
    let listing = session.pretrained.listing
    let rows = listing.map { entry, path in
      [
        entry.encoder, entry.weights, entry.accuracy.map { $0.fixedText(1) } ?? "-",
        "\(entry.input.resizeShortSide)/\(entry.input.side)",
        path == nil ? "-" : "here", entry.fileName,
      ]
    }
    let table = TextTable(
      ["encoder", "weights", "top-1", "resize/crop", "file", ""], rows: rows,
      alignments: [.left, .left, .right, .right, .left, .left],
      flexibilities: [1: .wraps(atLeast: 14), 3: .leaves(0), 5: .wraps(atLeast: 16)])
    let values = listing.map { entry, path in
      JSONValue.object([
        ("encoder", .string(entry.encoder)), ("weights", .string(entry.weights)),
        ("address", .string(entry.address)),
        ("checksum", entry.checksum.map(JSONValue.string) ?? .null),
        ("accuracy", entry.accuracy.map(JSONValue.number) ?? .null),
        ("file", path.map(JSONValue.string) ?? .null),
      ])
    }
    session.console.result(
      table.rendered(width: session.console.tableWidth), event: .pretrained,
      [("files", .array(values))])
  }

  static func showVariables(_ role: Environment.Role, in session: Session) {
    let names = session.environment.names.filter { session.environment[$0]?.role == role }
    let rows = names.map { name in
      let binding = session.environment[name]
      let text = binding.map { Printer.text($0.value) } ?? ""
      return [name, text, binding?.knob?.summary ?? ""]
    }
    if rows.isEmpty {
      let verb = role == .knob ? "param" : "let"
      session.console.progress("no \(role == .knob ? "knobs" : "names") yet; `\(verb)` makes one")
    }
    var table = TextTable(rows: rows)
    table.alignments = [.left, .left, .left]
    if !rows.isEmpty || session.console.format == .json {
      session.console.result(
        table.rendered(width: session.console.tableWidth), event: role == .knob ? .knobs : .names,
        [(role == .knob ? "knobs" : "names", .array(rows.map(Self.object)))])
    }
  }
}
