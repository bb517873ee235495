import GraftBase

/// Knobs, named values and other files.
extension Binder {
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

  /// Plans another file as if its text were here; `isIsolated` keeps its names to itself.
  package mutating func include(
    _ file: Argument<String>, _ arguments: CheckedArguments, isIsolated: Bool
  ) throws {
    let syntax = arguments.syntax
    let pathSpan = arguments.span(of: file)
    let path = arguments[file]
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
    bind(parsed: Parser.parse(file))
    reportUnusedSettings(at: pathSpan)
    self.settings.removeLast()
    openFiles.removeLast()
    if isIsolated {
      isolationDepth -= 1
      environment = outer
    }
  }

  mutating func reportUnusedSettings(at span: SourceSpan?) {
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
  mutating func overridingRunArguments(
    of syntax: CommandSyntax, _ specification: CommandSpecification
  ) throws -> CommandSyntax {
    let naming = specification.parameters.first {
      if case .newName(.run) = $0.kind { true } else { false }
    }
    guard let naming,
      let name = syntax.arguments.first(where: { $0.label == naming.name })?.value,
      let run = try environment.substituted(name).literal
    else { return syntax }
    var result = syntax
    for index in settings.indices where isolationDepth == 0 || index == settings.count - 1 {
      for setting in settings[index].settings {
        guard let target = setting.runParameter, target.run == run else { continue }
        settings[index].used.insert(setting.name)
        guard specification.parameter(target.parameter) != nil, target.parameter != naming.name
        else {
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
