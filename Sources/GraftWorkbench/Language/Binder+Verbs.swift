/// Finding the command a word means, and whether it may run here.
extension Binder {
  /// The command of a user's alias, with the arguments added.
  func expandingAlias(_ written: CommandSyntax) throws -> CommandSyntax {
    guard mode == .prompt, let text = aliases[written.verb] else { return written }
    let file = SourceFile(
      name: "alias \(written.verb)", text: text, folder: written.verbSpan.file.folder,
      isTyped: true)
    let parsed = Parser.parse(file)
    if let fault = parsed.faults.first { throw fault }
    guard parsed.statements.count == 1, case .command(var command) = parsed.statements[0] else {
      throw Diagnostic(
        .malformedDeclaration, "the alias `\(written.verb)` is not one command",
        at: written.verbSpan)
    }
    command.arguments += written.arguments
    return command
  }

  /// The verb in full: aliases of the language, and at the prompt unambiguous prefixes; `train ?`
  /// is `help train`.
  func resolvingVerb(of written: CommandSyntax) throws -> CommandSyntax {
    var result = written
    let verb = written.verb
    if let type = CommandTable.type(for: verb) {
      result.verb = type.specification.verb
    } else {
      let candidates = CommandTable.verbs(withPrefix: verb)
      if mode == .prompt && candidates.count == 1 {
        result.verb = candidates[0]
      } else if mode == .prompt && candidates.count > 1 {
        throw Diagnostic(
          .ambiguousCommand, "`\(verb)` could be \(Self.either(candidates))",
          at: written.verbSpan, suggestion: candidates.first, help: "type one more letter")
      } else {
        let verbs = CommandTable.specifications.map(\.verb)
        let (suggestion, help) = Suggestion.help(for: verb, among: verbs)
        throw Diagnostic(
          .unknownCommand, "there is no command `\(verb)`", at: written.verbSpan,
          suggestion: suggestion,
          help: ForeignWords.help(for: verb) ?? help ?? hintForUnknown(verb))
      }
    }
    if result.verb != "help", result.arguments.count == 1,
      result.arguments[0].value.literalWord == "?", result.arguments[0].label == nil
    {
      let topic = ValueSyntax(.word(Template(literal: result.verb)), at: written.verbSpan)
      result = CommandSyntax(
        verb: "help", verbSpan: written.verbSpan, arguments: [ArgumentSyntax(value: topic)])
    }
    return result
  }

  private func hintForUnknown(_ verb: String) -> String {
    if CommandLineHelp.words.contains(verb) {
      return "it is a word of the shell: graft \(verb); `graft --help` lists them"
    }
    return vocabulary.transform(verb) != nil
      ? "`\(verb)` is an op: `augment \(verb)` uses it, `help \(verb)` explains it"
      : "`help` lists the commands"
  }

  private static func either(_ names: [String]) -> String {
    let quoted = names.map { "`\($0)`" }
    return quoted.dropLast().joined(separator: ", ") + " or " + (quoted.last ?? "")
  }

  func checkIsAllowed(
    _ specification: CommandSpecification, _ syntax: CommandSyntax
  ) throws {
    if mode == .initFile && !["set", "alias"].contains(specification.verb) {
      throw notInInitFile(specification.verb, syntax.verbSpan)
    }
    let names = syntax.arguments.map { $0.label ?? $0.value.literal }
    if mode == .initFile && names.contains("precision") {
      throw Diagnostic(
        .notAllowedHere, "the init file may not `set precision`, because it changes results",
        at: syntax.verbSpan, help: "put it into the recipe, where it is recorded")
    }
    if specification.isPromptOnly && (mode == .recipe || openFiles.count > 1) {
      throw Diagnostic(
        .promptOnly, "`\(specification.verb)` works at the prompt only", at: syntax.verbSpan,
        help: "a recipe runs no shell commands and does not change folders")
    }
  }

  func notInInitFile(_ verb: String, _ span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .notAllowedHere, "the init file may hold only `set` and `alias`, not `\(verb)`", at: span,
      help: "put the rest into a recipe and `include` it")
  }
}
