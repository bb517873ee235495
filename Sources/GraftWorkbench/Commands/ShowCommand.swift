import GraftBase

/// `show`: settings, knobs, names and aliases as they are now.
package struct ShowCommand: Command {
  private enum Subject: String, WordChoice {
    case settings, knobs, names, aliases, pretrained, version
  }

  private static let what = Argument(
    "what", .word, default: Subject.settings, "what to show"
  ).positional

  private static let family: Argument<String?> = Argument(
    "family", .text, otherwise: "all",
    "weights of this family of encoders, or of names that hold it"
  ).positional
  private static let accuracy: Argument<Double?> = Argument(
    "accuracy", .number(0...100), "weights of at least this top-1 accuracy in percent")
  private static let size: Argument<Double?> = Argument(
    "size", .number(0.1...100_000), "weights of at most so many MB")
  private static let here = Argument(
    "here", .flag, default: false, "weights that are available without a download")

  package static let specification = CommandSpecification(
    "show", "show settings, knobs, names, aliases or published weights", group: .shell,
    parameters: [what, family, accuracy, size, here],
    examples: [
      "show", "show knobs", "show aliases", "show pretrained here=yes",
      "show pretrained resnet accuracy=75 size=100",
    ],
    seeAlso: ["set", "param", "let", "alias", "encoder"],
    discussion:
      "Weights are those that come with Graft, of which top-1 is that on their own test images, and the "
      + "published ones, with top-1 on ImageNet. ms is the time per image on this machine, alone and at "
      + "the size of px, measured once for those that are available.")

  private let what: Subject
  private let filter: PretrainedFilter

  package init(_ arguments: CheckedArguments) throws {
    what = arguments[Self.what]
    let filters: [any AnyArgument] = [Self.family, Self.accuracy, Self.size, Self.here]
    if what != .pretrained, let given = arguments.firstGiven(of: filters) {
      throw arguments.fault(
        .notAllowedHere, at: given, "`\(given.name)` is for published weights",
        help: "for example: show pretrained resnet")
    }
    filter = PretrainedFilter(
      family: arguments[Self.family], accuracy: arguments[Self.accuracy],
      megabytes: arguments[Self.size], isHere: arguments[Self.here])
  }

  package func run(in session: Session) throws {
    switch what {
    case .knobs: Self.showVariables(.knob, in: session)
    case .names: Self.showVariables(.constant, in: session)
    case .pretrained: try session.showPretrained(filter)
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
