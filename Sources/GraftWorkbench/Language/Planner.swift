import GraftBase

/// One command that is ready to run.
package struct PlannedStep: Sendable {
  package var command: any Command
  package var arguments: CheckedArguments
  /// As it is recorded: the verb in full, loop variables and `let` values put in, knobs kept.
  package var recordedSyntax: CommandSyntax
  /// The knobs it reads, with the values they have here.
  package var knobs: [(declaration: KnobDeclaration, value: ValueSyntax)] = []

  package var specification: CommandSpecification { arguments.specification }
  package var span: SourceSpan { arguments.syntax.span }
}

/// Turns statements into checked steps.
///
/// It unrolls loops, brings in files, binds knobs and checks all arguments; nothing runs before the
/// whole plan stands.
package struct Planner {
  /// Where the text comes from decides what it may do.
  package enum Mode: Sendable { case prompt, recipe, initFile }

  /// Commands in one plan, at most; a loop that multiplies beyond this is a mistake.
  private static let stepLimit = 20_000

  package let mode: Mode
  package private(set) var steps: [PlannedStep] = []
  package private(set) var faults: [Diagnostic] = []
  package private(set) var environment: Environment
  private var vocabulary: Vocabulary
  private let rootFolder: String?
  private let aliases: [String: String]
  private var plannedOutputs: Set<String> = []
  /// The files being read, outermost first.
  private var openFiles: [String] = []
  /// Settings for knobs by scope, innermost last.
  private var settings: [SettingScope]
  /// Inside `run`, whose names stay its own and whose knobs are recorded as values.
  private var isolationDepth = 0

  private struct SettingScope {
    var settings: [KnobSetting]
    var used: Set<String> = []
    var declared: [String] = []
  }

  package init(
    mode: Mode, environment: Environment, vocabulary: Vocabulary, rootFolder: String? = nil,
    aliases: [String: String] = [:], settings: [KnobSetting] = []
  ) {
    self.mode = mode
    self.environment = environment
    self.vocabulary = vocabulary
    self.rootFolder = rootFolder
    self.aliases = aliases
    self.settings = [SettingScope(settings: settings)]
  }

  /// Plans a whole source; afterwards `faults` lists everything wrong with it.
  package mutating func plan(_ file: SourceFile) {
    openFiles.append(FilePath.absolute(file.name, base: file.folder))
    plan(parsed: Parser.parse(file))
    openFiles.removeLast()
    reportUnusedSettings(at: nil)
  }

  private mutating func plan(parsed: ParsedSource) {
    faults += parsed.faults
    plan(parsed.statements)
  }

  private mutating func plan(_ statements: [Statement]) {
    for statement in statements where faults.last?.kind != .tooLarge {
      do {
        switch statement {
        case .command(let command): try plan(command)
        case .loop(let loop): try plan(loop)
        }
      } catch let list as FaultList {
        faults += list.faults
      } catch {
        faults.append(Diagnostic(error, at: nil))
      }
    }
  }

  private mutating func plan(_ loop: LoopSyntax) throws {
    guard mode != .initFile else { throw notInInitFile("for", loop.variableSpan) }
    let shadowed = environment[loop.variable]
    for value in loop.values {
      let substituted = try environment.substituted(value)
      let elements: [ValueSyntax] =
        if case .list(let values) = substituted.form { values } else { [substituted] }
      for element in elements {
        environment[loop.variable] = Environment.Binding(role: .loop, value: element)
        plan(loop.body)
      }
    }
    environment[loop.variable] = shadowed
  }

  private mutating func plan(_ written: CommandSyntax) throws {
    guard steps.count < Self.stepLimit else {
      throw Diagnostic(
        .tooLarge, "the recipe unrolls to more than \(Self.stepLimit) commands",
        at: written.verbSpan, help: "loops inside loops multiply; use fewer values")
    }
    let named = try resolvingVerb(of: expandingAlias(written))
    guard let type = CommandTable.type(for: named.verb) else { return }
    let specification = type.specification
    try checkIsAllowed(specification, named)
    if type is any PlanningCommand.Type {
      let command = try makeCommand(type, named)
      try (command as? any PlanningCommand)?.plan(in: &self, named)
      return
    }
    let overridden = try overridingRunArguments(of: named, specification)
    let substituted = try substituting(overridden, keepingKnobs: false)
    let arguments = try check(substituted, specification)
    try registerNames(of: arguments)
    try append(type.init(arguments), arguments, recorded: overridden)
  }

  /// Adds a step; `recorded` is the command before its variables were replaced.
  private mutating func append(
    _ command: any Command, _ arguments: CheckedArguments, recorded: CommandSyntax
  ) throws {
    let isIsolated = isolationDepth > 0
    var step = PlannedStep(
      command: command, arguments: arguments,
      recordedSyntax: try substituting(recorded, keepingKnobs: !isIsolated))
    let variables = step.recordedSyntax.arguments.flatMap(\.value.variables)
    for name in environment.names where variables.contains(name) {
      if let binding = environment[name], let knob = binding.knob {
        step.knobs.append((knob, binding.value))
      }
    }
    steps.append(step)
  }

  private func makeCommand(
    _ type: any Command.Type, _ syntax: CommandSyntax
  ) throws -> any Command {
    // Names being declared are no variables yet, but the values on the right may hold some.
    let substituted = try substituting(syntax, keepingKnobs: false)
    return try type.init(try check(substituted, type.specification))
  }

  private func check(
    _ syntax: CommandSyntax, _ specification: CommandSpecification
  ) throws -> CheckedArguments {
    try ArgumentChecker(
      specification: specification, vocabulary: vocabulary, rootFolder: rootFolder,
      plannedOutputs: plannedOutputs
    ).check(syntax).get()
  }

  private func substituting(
    _ syntax: CommandSyntax, keepingKnobs: Bool
  ) throws -> CommandSyntax {
    var result = syntax
    result.arguments = try syntax.arguments.map {
      try environment.substituted($0, keepingKnobs: keepingKnobs)
    }
    return result
  }

  /// Lets later commands of the plan use the names and files that this one will make.
  private mutating func registerNames(of arguments: CheckedArguments) throws {
    for parameter in arguments.specification.parameters {
      if case .newName(let set) = parameter.kind {
        if let name = arguments.text(parameter.name) { vocabulary.add(name, to: set) }
      }
      if parameter.kind.pathKinds.contains(.output) {
        plannedOutputs.formUnion(arguments.paths(parameter.name))
      }
    }
    // Without `as=` the name is decided while running, so names of runs cannot be checked any more.
    let namesRuns = arguments.specification.parameters.contains {
      if case .newName(.run) = $0.kind { !arguments.isGiven($0.name) } else { false }
    }
    let isLoading = arguments.specification.verb == "load"
    if namesRuns || isLoading { vocabulary.setNames([], of: .run) }
    if arguments.specification.verb == "encoder" { vocabulary.setNames([], of: .layer) }
  }
}

// MARK: - Verbs

extension Planner {
  /// The command behind an alias of the user, with the arguments added.
  private func expandingAlias(_ written: CommandSyntax) throws -> CommandSyntax {
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

  /// The verb in full: aliases of the language, and at the prompt unambiguous prefixes; `train ?` is
  /// `help train`.
  private func resolvingVerb(of written: CommandSyntax) throws -> CommandSyntax {
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
          suggestion: suggestion, help: help ?? hintForUnknown(verb))
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
    vocabulary.transform(verb) != nil
      ? "`\(verb)` is an op: `augment \(verb)` uses it, `help \(verb)` explains it"
      : "`help` lists the commands"
  }

  private static func either(_ names: [String]) -> String {
    let quoted = names.map { "`\($0)`" }
    return quoted.dropLast().joined(separator: ", ") + " or " + (quoted.last ?? "")
  }

  private func checkIsAllowed(
    _ specification: CommandSpecification, _ syntax: CommandSyntax
  ) throws {
    if mode == .initFile && !["set", "alias"].contains(specification.verb) {
      throw notInInitFile(specification.verb, syntax.verbSpan)
    }
    if specification.isPromptOnly && (mode == .recipe || openFiles.count > 1) {
      throw Diagnostic(
        .promptOnly, "`\(specification.verb)` works at the prompt only", at: syntax.verbSpan,
        help: "a recipe runs no commands of the shell and never moves; the shell around it can")
    }
  }

  private func notInInitFile(_ verb: String, _ span: SourceSpan) -> Diagnostic {
    Diagnostic(
      .notAllowedHere, "the init file may hold only `set` and `alias`, not `\(verb)`", at: span,
      help: "put the rest into a recipe and `include` it")
  }
}

// MARK: - Knobs, names and other files

extension Planner {
  /// Declares a knob: its value comes from outside, else from the default.
  ///
  /// `command` makes the step that binds it in the session.
  package mutating func declare(
    _ knob: KnobDeclaration, _ arguments: CheckedArguments,
    command: (String, Environment.Binding) -> any Command
  ) throws {
    var chosen = knob.defaultValue
    var isSet = false
    for index in settings.indices {
      settings[index].declared.append(knob.name)
      guard let setting = settings[index].settings.last(where: { $0.name == knob.name }),
        isolationDepth == 0 || index == settings.count - 1
      else { continue }
      settings[index].used.insert(knob.name)
      if !isSet { chosen = setting.value }
      isSet = true
    }
    guard var value = chosen else {
      throw Diagnostic(
        .missingKnob, "the knob `\(knob.name)` has no default and was not given",
        at: knob.nameSpan, help: "give it: graft run FILE \(knob.name)=…")
    }
    do {
      try knob.checked(value)
    } catch {
      // Bound all the same, so that its uses do not count as faults of their own.
      environment[knob.name] = Environment.Binding(
        role: .knob, value: knob.defaultValue ?? value, knob: knob)
      throw error
    }
    // A path keeps meaning the same file wherever the knob is used.
    if knob.type == .path, let text = value.literal {
      let base = value.origin.isTyped ? value.origin.folder : rootFolder ?? value.origin.folder
      let path = FilePath.absolute(text, base: base)
      let form = Template(literal: path)
      value.form = Printer.isWord(path) ? .word(form) : .string(form)
    }
    let binding = Environment.Binding(role: .knob, value: value, knob: knob)
    environment[knob.name] = binding
    if isolationDepth == 0 {
      let file = SourceFile(name: "param", text: knob.command(value: value), folder: "/")
      guard case .command(var syntax)? = Parser.parse(file).statements.first else { return }
      syntax.verbSpan = arguments.syntax.verbSpan
      try append(command(knob.name, binding), arguments, recorded: syntax)
    }
  }

  /// Names a value.
  package mutating func bind(_ name: String, to value: ValueSyntax) {
    environment[name] = Environment.Binding(role: .constant, value: value)
  }

  /// Adds the step of a command that has done its planning.
  package mutating func appendAsIs(_ command: any Command, _ arguments: CheckedArguments) throws {
    guard isolationDepth == 0 else { return }
    try append(command, arguments, recorded: arguments.syntax)
  }

  /// Plans another file as if it stood here; `isIsolated` keeps its names to itself.
  package mutating func include(_ arguments: CheckedArguments, isIsolated: Bool) throws {
    let syntax = arguments.syntax
    let pathSpan = arguments.span(of: "file")
    let path = arguments.path("file") ?? ""
    let settings = arguments.openArguments.map {
      KnobSetting(name: $0.label ?? "", nameSpan: $0.labelSpan ?? $0.span, value: $0.value)
    }
    guard !openFiles.contains(path) else {
      let shown = FilePath.relative(path, to: syntax.verbSpan.file.folder)
      throw Diagnostic(.includeCycle, "`\(shown)` includes itself", at: pathSpan)
    }
    guard openFiles.count < 32 else {
      throw Diagnostic(.tooLarge, "files are included more than 32 deep", at: pathSpan)
    }
    let shown = syntax.arguments.first { $0.label == nil }?.value.literal ?? path
    let file = try SourceFile.read(path, base: "/", folder: rootFolder).renamed(shown)
    let outer = environment
    if isIsolated {
      isolationDepth += 1
      environment = Environment()
    }
    openFiles.append(path)
    self.settings.append(SettingScope(settings: settings))
    plan(parsed: Parser.parse(file))
    reportUnusedSettings(at: pathSpan)
    self.settings.removeLast()
    openFiles.removeLast()
    if isIsolated {
      isolationDepth -= 1
      environment = outer
    }
  }

  private mutating func reportUnusedSettings(at span: SourceSpan?) {
    guard let scope = settings.last else { return }
    for setting in scope.settings where !scope.used.contains(setting.name) {
      let (suggestion, help) = Suggestion.help(for: setting.name, among: scope.declared)
      let fallback =
        scope.declared.isEmpty
        ? "the recipe declares no knobs; `param` does" : "`graft check FILE` lists the knobs"
      faults.append(
        Diagnostic(
          .unknownKnob, "the recipe has no knob `\(setting.name)`", at: setting.nameSpan,
          suggestion: suggestion, help: help ?? fallback))
    }
  }

  /// `C.lr=3e-4` from outside replaces or adds an argument of the command that makes the run `C`.
  private mutating func overridingRunArguments(
    of syntax: CommandSyntax, _ specification: CommandSpecification
  ) throws -> CommandSyntax {
    guard let name = syntax.arguments.first(where: { $0.label == "as" })?.value,
      let run = try environment.substituted(name).literal,
      case .newName(.run)? = specification.parameter("as")?.kind
    else { return syntax }
    var result = syntax
    for index in settings.indices where isolationDepth == 0 || index == settings.count - 1 {
      for setting in settings[index].settings {
        guard let target = setting.runParameter, target.run == run else { continue }
        settings[index].used.insert(setting.name)
        guard specification.parameter(target.parameter) != nil, target.parameter != "as" else {
          let (suggestion, help) = Suggestion.help(
            for: target.parameter, among: specification.parameters.map(\.name),
            detail: "help \(specification.verb)")
          throw Diagnostic(
            .unknownParameter, "`\(specification.verb)` has no parameter `\(target.parameter)`",
            at: setting.nameSpan, suggestion: suggestion, help: help)
        }
        result.arguments.removeAll { $0.label == target.parameter }
        result.arguments.append(
          ArgumentSyntax(
            label: target.parameter, labelSpan: setting.nameSpan, value: setting.value))
      }
    }
    return result
  }
}

extension SourceFile {
  /// The same text under the name the user gave it.
  fileprivate func renamed(_ name: String) -> SourceFile {
    SourceFile(name: name, text: lines.joined(separator: "\n"), folder: folder, isTyped: isTyped)
  }
}
